/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: ready lists, the choice of the next task, and interrupts.
 *
 * A list per priority and a bitmap of those that are not empty make the choice
 * one count-leading-zeros. The running task stays at the head of its list: a
 * preempted task thus keeps its turn, and only rtos_task_yield() gives it up.
 *
 * Owns     the kernel instance.
 * Locks    interrupts masked.
 * Context  tasks, interrupts, start-up.
 */
#include "kernel.h"

#define IDLE_STACK_BYTES 4096

_Static_assert(RTOS_PRIORITIES == 32, "the bitmap is one word");

struct kernel rtos_kernel;

static RTOS_STACK(idle_stack, IDLE_STACK_BYTES);

static struct rtos_task *most_urgent(void)
{
	KERNEL_ASSERT(rtos_kernel.ready_bitmap != 0); /* the idle task is always ready */

	unsigned int priority = 31u - (unsigned int)__builtin_clz(rtos_kernel.ready_bitmap);

	return CONTAINER_OF(rtos_kernel.ready[priority].next, struct rtos_task, link);
}

/* Book the time of the task that ran, and make `next` the running one. */
static void change_current(struct rtos_task *next)
{
	uint64_t now = rtos_port_now();

	kernel_check_stack(rtos_kernel.current);
	rtos_kernel.current->run_ticks += now - rtos_kernel.switched_at;
	rtos_kernel.switched_at = now;
	rtos_kernel.n_switches++;
	rtos_kernel.current = next;
}

void kernel_reschedule(void)
{
	if (!kernel_in_task()) {
		return; /* rtos_interrupt_exit() or rtos_start() comes and does it */
	}

	struct rtos_task *next = most_urgent();
	struct rtos_task *previous = rtos_kernel.current;

	if (next != previous) {
		change_current(next);
		rtos_port_switch(&previous->context, next->context);
	}
}

static void enqueue(struct rtos_task *task, struct rtos_link *position)
{
	list_insert_before(position, &task->link);
	rtos_kernel.ready_bitmap |= UINT32_C(1) << task->priority;
}

void kernel_make_ready(struct rtos_task *task)
{
	task->state = RTOS_TASK_READY;
	enqueue(task, &rtos_kernel.ready[task->priority]);
}

void kernel_make_unready(struct rtos_task *task)
{
	list_remove(&task->link);
	if (list_is_empty(&rtos_kernel.ready[task->priority])) {
		rtos_kernel.ready_bitmap &= ~(UINT32_C(1) << task->priority);
	}
}

/*
 * A task that is raised joins the end of its new line, as one that arrives; one
 * that is lowered goes to the front, as one that was there already and only
 * gives back what it had borrowed. (POSIX pthread_setschedprio() does the same.)
 */
void kernel_set_effective(struct rtos_task *task, uint8_t priority)
{
	bool is_raised = priority > task->priority;

	if (priority == task->priority) {
		return;
	}
	if (task->state == RTOS_TASK_READY) {
		struct rtos_link *head = &rtos_kernel.ready[priority];

		kernel_make_unready(task);
		task->priority = priority;
		enqueue(task, is_raised ? head : head->next);
		return;
	}
	task->priority = priority;
	if (task->waiters != NULL) {
		list_remove(&task->link);
		kernel_waiters_insert(task->waiters, task);
	}
}

void rtos_task_yield(void)
{
	uint64_t state = kernel_lock();

	if (kernel_in_task()) {
		kernel_make_unready(rtos_kernel.current);
		kernel_make_ready(rtos_kernel.current);
		kernel_reschedule();
	}
	kernel_unlock(state);
}

/* ---- Interrupts --------------------------------------------------------- */

void rtos_interrupt_enter(void)
{
	KERNEL_ASSERT(!rtos_kernel.in_interrupt);
	rtos_kernel.in_interrupt = true;
	rtos_kernel.n_interrupts++;
}

void *rtos_interrupt_exit(void *context)
{
	rtos_kernel.in_interrupt = false;
	if (!rtos_kernel.is_running) {
		return context; /* an interrupt before rtos_start() */
	}
	rtos_kernel.current->context = context;

	struct rtos_task *next = most_urgent();

	if (next == rtos_kernel.current) {
		return context;
	}
	change_current(next);
	return next->context;
}

/* ---- Start -------------------------------------------------------------- */

static void idle(void *argument)
{
	(void)argument;
	for (;;) {
		rtos_port_idle();
	}
}

void rtos_init(void)
{
	rtos_kernel = (struct kernel){ .current = NULL };
	for (unsigned int priority = 0; priority < RTOS_PRIORITIES; priority++) {
		list_init(&rtos_kernel.ready[priority]);
	}
	list_init(&rtos_kernel.deadlines);
	rtos_port_init();

	kernel_task_init(&rtos_kernel.idle, &(struct rtos_task_config){
		.name = "idle",
		.entry = idle,
		.priority = RTOS_PRIORITY_IDLE,
		.stack = idle_stack,
		.stack_bytes = sizeof(idle_stack),
	});
	rtos_kernel.tasks[0] = &rtos_kernel.idle;
	kernel_make_ready(&rtos_kernel.idle);
}

void rtos_start(void)
{
	(void)kernel_lock(); /* the first task's context unmasks */
	KERNEL_ASSERT(!rtos_kernel.is_running);
	rtos_kernel.current = most_urgent();
	rtos_kernel.switched_at = rtos_port_now();
	rtos_kernel.is_running = true;
	rtos_port_start(rtos_kernel.current->context);
}

/* ---- Time and figures --------------------------------------------------- */

uint64_t rtos_now(void)
{
	return rtos_port_now();
}

uint64_t rtos_frequency(void)
{
	return rtos_port_frequency();
}

/* Whole seconds apart from the rest, so that no product exceeds 64 bits. */
static uint64_t scale(uint64_t value, uint64_t from, uint64_t to)
{
	return value / from * to + value % from * to / from;
}

uint64_t rtos_ticks_from_us(uint64_t us)
{
	return scale(us, 1000000, rtos_port_frequency());
}

uint64_t rtos_ns_from_ticks(uint64_t ticks)
{
	return scale(ticks, rtos_port_frequency(), 1000000000);
}

void rtos_statistics(struct rtos_statistics *result)
{
	uint64_t state = kernel_lock();

	*result = (struct rtos_statistics){
		.switches = rtos_kernel.n_switches,
		.interrupts = rtos_kernel.n_interrupts,
		.idle_ticks = rtos_kernel.idle.run_ticks,
	};
	kernel_unlock(state);
}
