/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubly linked rings. A head is a link like any other; a link that is in no
 * ring points to itself, so removing it again does no harm.
 *
 * Locks    the caller's.
 */
#pragma once

#include "rtos/rtos.h"

#define CONTAINER_OF(pointer, type, member) \
	((type *)(void *)((unsigned char *)(pointer)-offsetof(type, member)))

static inline void list_init(struct rtos_link *link)
{
	link->next = link;
	link->previous = link;
}

static inline bool list_is_empty(const struct rtos_link *head)
{
	return head->next == head;
}

/* Is this link in a ring? */
static inline bool list_is_linked(const struct rtos_link *link)
{
	return link->next != link;
}

/* At the end, if `position` is the head. */
static inline void list_insert_before(struct rtos_link *position, struct rtos_link *link)
{
	link->next = position;
	link->previous = position->previous;
	position->previous->next = link;
	position->previous = link;
}

static inline void list_remove(struct rtos_link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}
