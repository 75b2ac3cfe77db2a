/* links: core/trap.c core/mmio.c tests/fake/cpu.c tests/fake/gic.c tests/fake/system.c */
/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding and dispatch; whoever answers is a recorder here. */
#include "tests/fake/machine.h"

#include "core/dispatch.h"
#include "core/esr.h"
#include "core/trap.h"
#include "core/upcall.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ELR          UINT64_C(0x40001000)
#define ESR(ec)      (FIELD_VALUE(ESR_EC, ec) | ESR_IL)
#define ESR_HVC      ESR(0x16)
#define ESR_SMC      ESR(0x17)
#define FSC_TRANSLATION 0x06u
#define FSC_PERMISSION  0x0eu
#define FSC_ADDRESS     0x02u /* outside what stage 2 can translate at all */

static struct {
	const char *who;          /* was called last; NULL: nobody */
	struct vcpu *vcpu;
	uint32_t    n_calls, n_faults, n_waits, n_attends;
	enum fault  fault;
	uint64_t    x[8];         /* as a hypercall or PSCI handler saw them */
	uint64_t    sgi;
	struct mmio_access access;
	enum mmio_kind kind;
	uint64_t    mmio_result;
	bool        mmio_retries;
	bool        attend_result;
	uint32_t    counts[PV_N_STATISTICS];
} seen;

/* struct vcpu is partitions/' own: here it is only passed through. */
static char vcpu_storage;
#define VCPU ((struct vcpu *)(void *)&vcpu_storage)

static void note_call(const char *who, struct vcpu *vcpu, const uint64_t *x)
{
	seen.who = who;
	seen.vcpu = vcpu;
	seen.n_calls++;
	if (x != NULL) {
		memcpy(seen.x, x, sizeof(seen.x));
	}
}

static enum pv_status answer_null(struct vcpu *vcpu, uint64_t *x)
{
	note_call("null", vcpu, x);
	return PV_OK;
}

static enum pv_status answer_other(struct vcpu *vcpu, uint64_t *x)
{
	note_call("other", vcpu, x);
	x[1] = 0x1111;
	x[7] = 0x7777;
	return PV_BUSY;
}

#define OTHER { answer_other, 2 }
const struct hypercall_entry hypercall_table[PV_N_CALLS] = {
	{ answer_null, 0 }, OTHER, OTHER, OTHER, OTHER, { answer_other, 7 }, OTHER, OTHER, OTHER,
	OTHER, OTHER, OTHER, OTHER,
};

static void answer_psci(struct vcpu *vcpu, struct trap_frame *frame)
{
	note_call("psci", vcpu, frame->x);
	frame->x[0] = 0x1234;
}

static void answer_smccc(struct vcpu *vcpu, struct trap_frame *frame)
{
	note_call("smccc", vcpu, frame->x);
	frame->x[0] = 0x5678;
}

const struct psci_entry psci_table[PSCI_N_CALLS] = {
	[0] = { answer_psci, true, false },
	[3] = { answer_psci, true, true },
	[31] = { answer_psci, false, true },
};
const struct smccc_entry smccc_table[] = { { 0x80000000, answer_smccc },
					   { PV_CALL_UID, answer_smccc } };
const size_t smccc_n_calls = ARRAY_SIZE(smccc_table);

static uint64_t note_access(enum mmio_kind kind, struct vcpu *vcpu,
			    struct mmio_access *access)
{
	note_call("mmio", vcpu, NULL);
	seen.kind = kind;
	seen.access = *access;
	access->retry = seen.mmio_retries;
	return seen.mmio_result;
}

static uint64_t answer_distributor(struct vcpu *vcpu, struct mmio_access *access)
{
	return note_access(MMIO_VGIC_DISTRIBUTOR, vcpu, access);
}

static uint64_t answer_redistributors(struct vcpu *vcpu, struct mmio_access *access)
{
	return note_access(MMIO_VGIC_REDISTRIBUTORS, vcpu, access);
}

static uint64_t answer_vuart(struct vcpu *vcpu, struct mmio_access *access)
{
	return note_access(MMIO_VUART, vcpu, access);
}

static uint64_t answer_virtio(struct vcpu *vcpu, struct mmio_access *access)
{
	return note_access(MMIO_VIRTIO, vcpu, access);
}

mmio_handler *const mmio_table[] = { answer_distributor, answer_redistributors, answer_vuart,
				     answer_virtio };

void vgic_write_sgi1r(struct vcpu *vcpu, uint64_t value)
{
	note_call("sgi", vcpu, NULL);
	seen.sgi = value;
}

bool upcall_attend(struct vcpu *vcpu, struct trap_frame *frame)
{
	assert_ptr_equal(vcpu, VCPU);
	seen.n_attends++;
	if (seen.attend_result) {
		frame->elr = 0xa77e;
	}
	return seen.attend_result;
}

void upcall_wait(struct vcpu *vcpu, struct trap_frame *frame)
{
	(void)frame;
	assert_ptr_equal(vcpu, VCPU);
	seen.n_waits++;
}

void upcall_fault(struct vcpu *vcpu, struct trap_frame *frame, enum fault fault)
{
	assert_ptr_equal(vcpu, VCPU);
	seen.n_faults++;
	seen.fault = fault;
	frame->elr = 0xfa17;
}

void upcall_count(struct vcpu *vcpu, enum pv_statistic what)
{
	assert_ptr_equal(vcpu, VCPU);
	assert_in_range(what, 0, PV_N_STATISTICS - 1);
	seen.counts[what]++;
}

void panic(const char *text, ...)
{
	fake_die("panic: %s", text);
}

/* ---- A trap ---------------------------------------------------------------------- */

static struct trap_frame frame;

static int begin(void **state)
{
	(void)state;
	fake_system_begin(GIC_V3);
	fake_system_share();
	fake_mmio[ALPHA][3].virtual_device = 21;
	fake_cpu_begin();
	fake_gic_begin();
	memset(&seen, 0, sizeof(seen));
	percpus[0].vcpu = VCPU;
	percpus[0].partition = &fake_partitions[ALPHA];
	return 0;
}

static void fill_frame(uint64_t esr)
{
	for (size_t i = 0; i < ARRAY_SIZE(frame.x); i++) {
		frame.x[i] = UINT64_C(0xf00dfeed00000000) + i;
	}
	frame.esr = esr;
	frame.elr = ELR;
	frame.spsr = 0x3c5;
}

static void trap(uint64_t esr)
{
	memset(&seen.n_calls, 0, sizeof(seen.n_calls));
	seen.who = NULL;
	fill_frame(esr);
	trap_sync(&frame, &percpus[0]);
}

static void call(uint64_t esr, uint64_t function)
{
	seen.n_calls = 0;
	seen.who = NULL;
	fill_frame(esr);
	frame.x[0] = function;
	for (size_t i = 1; i <= 7; i++) {
		frame.x[i] = 0;
	}
	trap_sync(&frame, &percpus[0]);
}

/* ---- Calls ----------------------------------------------------------------------- */

#define NOT_SUPPORTED ((uint64_t)PV_NOT_SUPPORTED)
#define BUSY          ((uint64_t)PV_BUSY)

static void calls_reach_who_answers_them(void **state)
{
	static const struct {
		uint64_t    function;
		const char *who;
		uint64_t    x0;
	} cases[] = {
		{ PV_NULL, "null", 0 },
		{ PV_DOORBELL, "other", BUSY },
		{ PV_PARTITION_CONTROL, "other", BUSY },
		/* The upper half of x0 is not part of the identifier. */
		{ UINT64_C(0x123456780000000) << 4 | PV_NULL, "null", 0 },
		{ PV_CALL64(PV_N_CALLS), NULL, NOT_SUPPORTED },
		{ PV_CALL64(0xffff), NULL, NOT_SUPPORTED },
		{ PV_CALL32(0), NULL, NOT_SUPPORTED },        /* there are no 32-bit ones */
		{ 0x46000000, NULL, NOT_SUPPORTED },          /* a yielding call */
		{ PV_CALL64(0x10000), NULL, NOT_SUPPORTED },  /* SMCCC: bits 23:16 are zero */
		{ PV_CALL64(0x800000), NULL, NOT_SUPPORTED },
		{ 0x84000000, "psci", 0x1234 },
		{ 0xc4000000, NULL, NOT_SUPPORTED },          /* PSCI_VERSION has no 64-bit form */
		{ 0x84000003, "psci", 0x1234 },
		{ 0xc4000003, "psci", 0x1234 },
		{ 0x8400001f, NULL, NOT_SUPPORTED },
		{ 0xc400001f, "psci", 0x1234 },
		{ 0x84000001, NULL, NOT_SUPPORTED },          /* NULL in the table */
		{ 0x84000020, NULL, NOT_SUPPORTED },          /* behind its end */
		{ 0x8400ffff, NULL, NOT_SUPPORTED },
		{ 0x84010000, NULL, NOT_SUPPORTED },
		{ 0xc4ff0003, NULL, NOT_SUPPORTED },
		{ 0x80000000, "smccc", 0x5678 },
		{ 0x80000001, NULL, NOT_SUPPORTED },
		{ PV_CALL_UID, "smccc", 0x5678 },
		{ PV_CALL_REVISION, NULL, NOT_SUPPORTED },    /* not in this test's table */
		{ 0, NULL, NOT_SUPPORTED },
		{ UINT32_MAX, NULL, NOT_SUPPORTED },
		{ UINT64_MAX, NULL, NOT_SUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int is_smc = 0; is_smc < 2; is_smc++) {
			call(is_smc ? ESR_SMC : ESR_HVC, cases[i].function);
			if (cases[i].who == NULL) {
				assert_int_equal(seen.n_calls, 0);
			} else {
				assert_int_equal(seen.n_calls, 1);
				assert_string_equal(seen.who, cases[i].who);
				assert_ptr_equal(seen.vcpu, VCPU);
			}
			assert_int_equal(frame.x[0], cases[i].x0);
			/* HVC's return address is behind it already; SMC's is the SMC itself. */
			assert_int_equal(frame.elr, is_smc ? ELR + 4 : ELR);
			assert_int_equal(frame.x[8], UINT64_C(0xf00dfeed00000008));
		}
	}
	assert_int_equal(seen.n_faults, 0);
}

static void results_go_back_and_the_rest_is_kept(void **state)
{
	(void)state;
	call(ESR_HVC, PV_DOORBELL);
	assert_int_equal(frame.x[1], 0x1111);
	assert_int_equal(frame.x[7], 0x7777);
	for (size_t i = 2; i <= 6; i++) {
		assert_int_equal(frame.x[i], 0);
	}
	call(ESR_HVC, 0xffff0000);
	for (size_t i = 1; i <= 7; i++) {
		assert_int_equal(frame.x[i], 0);
	}
}

static void reserved_arguments_must_be_zero(void **state)
{
	(void)state;
	for (size_t i = 1; i <= 7; i++) {
		for (uint64_t function = PV_NULL; function < PV_NULL + PV_N_CALLS; function++) {
			uint32_t n = hypercall_table[function - PV_NULL].n_arguments;

			seen.n_calls = 0;
			fill_frame(ESR_HVC);
			memset(frame.x, 0, 8 * sizeof(frame.x[0]));
			frame.x[0] = function;
			frame.x[i] = UINT64_C(1) << 63;
			trap_sync(&frame, &percpus[0]);
			if (i > n) {
				assert_int_equal(seen.n_calls, 0);
				assert_int_equal(frame.x[0], (uint64_t)PV_BAD_ARGUMENT);
				assert_int_equal(frame.x[i], UINT64_C(1) << 63);
			} else {
				assert_int_equal(seen.n_calls, 1);
			}
		}
	}
}

static void calls_are_counted(void **state)
{
	(void)state;
	call(ESR_HVC, PV_NULL);
	call(ESR_SMC, PV_DOORBELL);
	call(ESR_HVC, 0x84000000);
	call(ESR_HVC, 0x80000000);
	call(ESR_HVC, 0x12345678);
	assert_int_equal(seen.counts[PV_STATISTIC_HYPERCALLS], 2);
	assert_int_equal(seen.counts[PV_STATISTIC_PSCI], 2);
}

/* ---- WFI and WFE ----------------------------------------------------------------- */

static void wfi_waits_and_wfe_does_not(void **state)
{
	(void)state;
	trap(ESR(0x01));
	assert_int_equal(seen.n_waits, 1);
	assert_int_equal(frame.elr, ELR + 4);
	for (uint64_t ti = 1; ti < 4; ti++) {
		trap(ESR(0x01) | ti);
		assert_int_equal(seen.n_waits, 1);
		assert_int_equal(frame.elr, ELR + 4);
	}
}

/* ---- System registers ------------------------------------------------------------ */

static uint64_t esr_of(uint64_t name, uint64_t rt, bool is_read)
{
	return ESR(0x18) | name | FIELD_VALUE(ESR_SYSREG_RT, rt) | (is_read ? 1u : 0u);
}

static void sgis_are_written_with_any_register(void **state)
{
	(void)state;
	for (uint64_t rt = 0; rt < 32; rt++) {
		trap(esr_of(ESR_ICC_SGI1R_EL1, rt, false));
		assert_string_equal(seen.who, "sgi");
		assert_int_equal(seen.sgi, rt == 31 ? 0 : UINT64_C(0xf00dfeed00000000) + rt);
		assert_int_equal(frame.elr, ELR + 4);
	}
	assert_int_equal(seen.counts[PV_STATISTIC_SGI], 32);
	assert_int_equal(fake_cpu_record[0].n_undefined, 0);
}

static void sgis_of_group_0_go_nowhere(void **state)
{
	(void)state;
	trap(esr_of(ESR_ICC_SGI0R_EL1, 5, false));
	trap(esr_of(ESR_ICC_ASGI1R_EL1, 5, false));
	assert_int_equal(seen.n_calls, 0);
	assert_int_equal(frame.elr, ELR + 4);
	assert_int_equal(fake_cpu_record[0].n_undefined, 0);
}

static void other_registers_are_undefined(void **state)
{
	static const uint64_t names[] = {
		ESR_SYSREG(3, 0, 1, 0, 1),   /* ACTLR_EL1 */
		ESR_SYSREG(3, 4, 1, 1, 0),   /* HCR_EL2 */
		ESR_SYSREG(1, 0, 7, 6, 2),   /* DC ISW */
		ESR_SYSREG(3, 0, 12, 11, 4), /* beside ICC_SGI1R_EL1 */
		ESR_SYSREG(3, 7, 15, 15, 7), /* implementation defined */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (int is_read = 0; is_read < 2; is_read++) {
			trap(esr_of(names[i], 3, is_read));
			assert_int_equal(fake_cpu_record[0].n_undefined,
					 2 * i + (size_t)is_read + 1);
			assert_int_equal(frame.x[3], UINT64_C(0xf00dfeed00000003));
		}
	}
	trap(esr_of(ESR_ICC_SGI1R_EL1, 3, true)); /* write-only */
	assert_int_equal(fake_cpu_record[0].n_undefined, 2 * ARRAY_SIZE(names) + 1);
	assert_int_equal(seen.n_calls, 0);
	assert_int_equal(seen.n_faults, 0);
}

/* ---- Data aborts ----------------------------------------------------------------- */

static uint64_t abort_esr(uint64_t log2_bytes, uint64_t rt, uint64_t more)
{
	return ESR(0x24) | ESR_DATA_ISV | FIELD_VALUE(ESR_DATA_SAS, log2_bytes) |
	       FIELD_VALUE(ESR_DATA_SRT, rt) | FSC_TRANSLATION | more;
}

static void reads_are_extended_as_the_instruction_says(void **state)
{
	static const struct {
		uint64_t log2_bytes, flags, value, register_value;
	} cases[] = {
		{ 0, 0, 0x80, 0x80 },
		{ 0, ESR_DATA_SSE, 0x80, 0xffffff80 },
		{ 0, ESR_DATA_SSE | ESR_DATA_SF, 0x80, UINT64_C(0xffffffffffffff80) },
		{ 0, ESR_DATA_SSE | ESR_DATA_SF, 0x7f, 0x7f },
		{ 1, ESR_DATA_SSE, 0x8000, 0xffff8000 },
		{ 1, ESR_DATA_SSE | ESR_DATA_SF, 0x8000, UINT64_C(0xffffffffffff8000) },
		{ 2, 0, 0x80000000, 0x80000000 },
		{ 2, ESR_DATA_SF, 0x80000000, 0x80000000 },
		{ 2, ESR_DATA_SSE | ESR_DATA_SF, 0x80000000, UINT64_C(0xffffffff80000000) },
		{ 3, ESR_DATA_SF, UINT64_C(0x8000000000000001), UINT64_C(0x8000000000000001) },
		{ 3, ESR_DATA_SSE | ESR_DATA_SF, UINT64_C(0x8000000000000001),
		  UINT64_C(0x8000000000000001) },
		{ 3, 0, UINT64_C(0x8000000000000001), 1 },
		/* No more than was asked for, whatever the device says. */
		{ 0, 0, 0x300, 0 },
		{ 0, ESR_DATA_SF, 0x1234, 0x34 },
		{ 1, ESR_DATA_SF, UINT64_C(0xffffffff00018001), 0x8001 },
		{ 2, ESR_DATA_SF, UINT64_C(0xffffffff00000001), 1 },
	};

	(void)state;
	fake_fault_ipa = IPA(FAKE_UART + 0x18);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		seen.mmio_result = cases[i].value;
		trap(abort_esr(cases[i].log2_bytes, 7, cases[i].flags));
		assert_string_equal(seen.who, "mmio");
		assert_int_equal(seen.kind, MMIO_VUART);
		assert_int_equal(seen.access.offset, 0x18);
		assert_int_equal(seen.access.bytes, 1u << cases[i].log2_bytes);
		assert_false(seen.access.is_write);
		assert_int_equal(frame.x[7], cases[i].register_value);
		assert_int_equal(frame.elr, ELR + 4);
	}
}

static void a_read_into_xzr_writes_nothing(void **state)
{
	struct trap_frame before;

	(void)state;
	fake_fault_ipa = IPA(FAKE_GICD);
	seen.mmio_result = UINT64_MAX;
	fill_frame(abort_esr(2, 31, ESR_DATA_SF));
	before = frame;
	trap_sync(&frame, &percpus[0]);
	before.elr += 4;
	assert_memory_equal(&frame, &before, sizeof(frame));
}

static void writes_carry_only_their_bytes(void **state)
{
	static const uint64_t masks[] = { 0xff, 0xffff, 0xffffffff, UINT64_MAX };

	(void)state;
	fake_fault_ipa = IPA(FAKE_GICR + 0x20008);
	for (uint64_t size = 0; size < 4; size++) {
		for (uint64_t rt = 0; rt < 32; rt++) {
			uint64_t value = rt == 31 ? 0 : UINT64_C(0xf00dfeed00000000) + rt;

			trap(abort_esr(size, rt, ESR_DATA_WNR));
			assert_int_equal(seen.kind, MMIO_VGIC_REDISTRIBUTORS);
			assert_int_equal(seen.access.offset, 0x20008);
			assert_true(seen.access.is_write);
			assert_int_equal(seen.access.value, value & masks[size]);
			assert_int_equal(frame.elr, ELR + 4);
			if (rt != 31) {
				assert_int_equal(frame.x[rt], value);
			}
		}
	}
}

static void what_no_device_answers_is_a_fault(void **state)
{
	static const struct {
		uint64_t address, esr;
	} cases[] = {
		{ FAKE_GICD, ESR(0x24) | FSC_TRANSLATION }, /* LDP, for one: no syndrome */
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | FSC_PERMISSION },
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | FSC_ADDRESS },
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | ESR_DATA_WNR | FSC_ADDRESS },
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | ESR_DATA_S1PTW | FSC_TRANSLATION },
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | 0x10 }, /* external abort */
		{ FAKE_GICD, ESR(0x24) | ESR_DATA_ISV | 0x21 }, /* alignment */
		{ FAKE_GICD + 0x10000, ESR(0x24) | ESR_DATA_ISV | FSC_TRANSLATION },
		{ FAKE_GICD + 2,
		  ESR(0x24) | ESR_DATA_ISV | FIELD_VALUE(ESR_DATA_SAS, 2) | FSC_TRANSLATION },
		{ 0, ESR(0x24) | ESR_DATA_ISV | FSC_TRANSLATION },
		{ UINT64_MAX, ESR(0x24) | ESR_DATA_ISV | FSC_TRANSLATION },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_fault_ipa = IPA(cases[i].address);
		trap(cases[i].esr);
		assert_int_equal(seen.n_calls, 0);
		assert_int_equal(seen.n_faults, i + 1);
		assert_int_equal(seen.fault, FAULT_DATA_ABORT);
		assert_int_equal(frame.elr, 0xfa17); /* a new start: nothing is added to it */
	}
}

/* ---- Memory that is mapped to be read ---------------------------------------------- */

#define SHOWN(bits) (ESR(0x24) | FSC_PERMISSION | (bits))
#define STORE32     (ESR_DATA_ISV | ESR_DATA_WNR | FIELD_VALUE(ESR_DATA_SAS, 2) | \
		     FIELD_VALUE(ESR_DATA_SRT, 9))

static void writes_to_shown_registers_are_answered(void **state)
{
	(void)state;
	fake_fault_ipa = IPA(FAKE_GICD); /* not valid: of some fault before */
	fake_walk_ipa = IPA(FAKE_PAGES_PA + 0x44);
	trap(SHOWN(STORE32));
	assert_string_equal(seen.who, "mmio");
	assert_int_equal(seen.kind, MMIO_VIRTIO);
	assert_int_equal(seen.access.offset, 0x44);
	assert_int_equal(seen.access.bytes, 4);
	assert_true(seen.access.is_write);
	assert_int_equal(seen.access.value, 9);
	assert_int_equal(seen.access.virtual_device, 21);
	assert_false(seen.access.retry);
	assert_int_equal(frame.elr, ELR + 4);
	assert_int_equal(seen.n_faults, 0);
}

static void what_is_not_done_yet_is_executed_again(void **state)
{
	struct trap_frame before;

	(void)state;
	fake_walk_ipa = IPA(FAKE_PAGES_PA + 0x70);
	fill_frame(SHOWN(STORE32));
	before = frame;
	seen.mmio_retries = true;
	trap_sync(&frame, &percpus[0]);
	assert_int_equal(seen.n_calls, 1);
	assert_memory_equal(&frame, &before, sizeof(frame));
	seen.mmio_retries = false;
	trap_sync(&frame, &percpus[0]);
	assert_int_equal(seen.n_calls, 2);
	assert_int_equal(frame.elr, ELR + 4);
}

static void a_translation_that_is_gone_is_the_guests_to_find(void **state)
{
	(void)state;
	fake_walk_ipa = IPA(FAKE_PAGES_PA + 0x70);
	fake_walk_fails = true;
	trap(SHOWN(STORE32));
	assert_int_equal(seen.n_calls, 0);
	assert_int_equal(seen.n_faults, 0);
	assert_int_equal(frame.elr, ELR);
}

static void other_memory_that_is_read_only_is_a_fault(void **state)
{
	static const struct {
		uint64_t address, esr;
	} cases[] = {
		{ FAKE_ALPHA_IPA, SHOWN(STORE32) },
		{ FAKE_PAGES_PA + 0x1000, SHOWN(STORE32) }, /* the state page, if it were its own */
		{ FAKE_UART, SHOWN(STORE32) },              /* emulated, not mapped */
		{ FAKE_PAGES_PA + 0x42, SHOWN(STORE32) },
		{ FAKE_PAGES_PA + 0x44, SHOWN(STORE32 & ~ESR_DATA_WNR) },
		{ FAKE_PAGES_PA + 0x44, SHOWN(STORE32 & ~ESR_DATA_ISV) },
		{ FAKE_PAGES_PA + 0x44, SHOWN(STORE32 | ESR_DATA_S1PTW) },
		{ FAKE_PAGES_PA + 0x44, ESR(0x24) | STORE32 | FSC_TRANSLATION },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_walk_ipa = IPA(cases[i].address);
		fake_fault_ipa = IPA(cases[i].address);
		trap(cases[i].esr);
		assert_int_equal(seen.n_calls, 0);
		assert_int_equal(seen.n_faults, i + 1);
	}
}

/* ---- Everything else ------------------------------------------------------------- */

static void other_causes(void **state)
{
	(void)state;
	for (uint64_t ec = 0; ec < 64; ec++) {
		uint32_t n_undefined = fake_cpu_record[0].n_undefined;
		uint32_t n_faults = seen.n_faults;

		if (ec == ESR_EC_WFX || ec == ESR_EC_HVC64 || ec == ESR_EC_SMC64 ||
		    ec == ESR_EC_SYSREG || ec == ESR_EC_DATA) {
			continue;
		}
		trap(FIELD_VALUE(ESR_EC, ec) | 0x1ffffff);
		if (ec == ESR_EC_INSTRUCTION) {
			assert_int_equal(seen.n_faults, n_faults + 1);
			assert_int_equal(seen.fault, FAULT_INSTRUCTION_ABORT);
		} else {
			assert_int_equal(fake_cpu_record[0].n_undefined, n_undefined + 1);
			assert_int_equal(seen.n_faults, n_faults);
		}
		assert_int_equal(seen.n_calls, 0);
	}
}

static void attention_comes_first(void **state)
{
	(void)state;
	seen.attend_result = true;
	atomic_store(&percpus[0].attention, 1);
	call(ESR_SMC, PV_NULL);
	assert_int_equal(seen.n_attends, 1);
	assert_int_equal(seen.n_calls, 0); /* the trap is void, the frame a new start */
	assert_int_equal(frame.elr, 0xa77e);

	seen.attend_result = false;
	call(ESR_SMC, PV_NULL);
	assert_int_equal(seen.n_attends, 2);
	assert_int_equal(seen.n_calls, 1);
	assert_int_equal(frame.elr, ELR + 4);

	atomic_store(&percpus[0].attention, 0);
	call(ESR_HVC, PV_NULL);
	assert_int_equal(seen.n_attends, 2);
}

static void interrupts_that_reach_el2_are_refused(void **state)
{
	(void)state;
	fill_frame(0);
	trap_irq(&frame, &percpus[0]);
	assert_int_equal(fake_gic.n_refused, 1);
	assert_int_equal(seen.counts[PV_STATISTIC_INTERRUPTS], 1);
	assert_int_equal(frame.elr, ELR);

	seen.attend_result = true;
	atomic_store(&percpus[0].attention, 1);
	trap_irq(&frame, &percpus[0]);
	assert_int_equal(seen.n_attends, 1);
	assert_int_equal(fake_gic.n_refused, 1);
}

static void an_serror_is_the_partitions_end(void **state)
{
	(void)state;
	fill_frame(0);
	trap_serror(&frame, &percpus[0]);
	assert_int_equal(seen.n_faults, 1);
	assert_int_equal(seen.fault, FAULT_SERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_reach_who_answers_them, begin),
		cmocka_unit_test_setup(results_go_back_and_the_rest_is_kept, begin),
		cmocka_unit_test_setup(reserved_arguments_must_be_zero, begin),
		cmocka_unit_test_setup(calls_are_counted, begin),
		cmocka_unit_test_setup(wfi_waits_and_wfe_does_not, begin),
		cmocka_unit_test_setup(sgis_are_written_with_any_register, begin),
		cmocka_unit_test_setup(sgis_of_group_0_go_nowhere, begin),
		cmocka_unit_test_setup(other_registers_are_undefined, begin),
		cmocka_unit_test_setup(reads_are_extended_as_the_instruction_says, begin),
		cmocka_unit_test_setup(a_read_into_xzr_writes_nothing, begin),
		cmocka_unit_test_setup(writes_carry_only_their_bytes, begin),
		cmocka_unit_test_setup(what_no_device_answers_is_a_fault, begin),
		cmocka_unit_test_setup(writes_to_shown_registers_are_answered, begin),
		cmocka_unit_test_setup(what_is_not_done_yet_is_executed_again, begin),
		cmocka_unit_test_setup(a_translation_that_is_gone_is_the_guests_to_find, begin),
		cmocka_unit_test_setup(other_memory_that_is_read_only_is_a_fault, begin),
		cmocka_unit_test_setup(other_causes, begin),
		cmocka_unit_test_setup(attention_comes_first, begin),
		cmocka_unit_test_setup(interrupts_that_reach_el2_are_refused, begin),
		cmocka_unit_test_setup(an_serror_is_the_partitions_end, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
