/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_QUEUE_H
#define AB_QUEUE_H

/**
 * DOC: Queues
 *
 * Problem    - Each endpoint's unread records. What must not fail (answers,
 *              closed notices) needs its place beforehand, and what is missed
 *              must be told where it's missed.
 * States     - A slot is free, reserved (counted, not yet chosen), queued, or
 *              taken (queued, and being copied to a reader).
 * Guarantees - 1. queued + reserved <= limit; a reserved push never fails.
 *              2. Urgent records come first, then ordinary ones, each in the
 *                 order in which they were pushed.
 *              3. Missed messages are counted once: in the next ordinary record
 *                 pushed, or, when all is read, in a mark $.Autobus.Lost.
 *              4. A slot that is removed while taken isn't used again before
 *                 its reader is done with it.
 * Limits     - An empty queue takes one record of any size, so that no message
 *              is too long for ever.
 * Ownership and locking - Belongs to an endpoint. Bus lock, but for the
 *              allocation of slots. At most one slot is taken at a time; the
 *              caller keeps other readers of the endpoint away.
 */

#include "effects.h"
#include "host.h"
#include "message.h"

struct ab_request;
struct ab_cursor;

struct ab_slot {
	struct list_head link;
	struct ab_message *message;	/* NULL: a cursor */
	union {
		struct ab_request *request; /* owed and unread, or NULL */
		struct ab_cursor *cursor;
	};
	u64 cookie;
	u32 lost;
	u32 flags;			/* for the record: AUTOBUS_OWED, ... */
};

struct ab_slots {			/* one allocation of slots */
	struct list_head link;
	u32 count;
	struct ab_slot slot[];
};

struct ab_queue {
	struct list_head blocks;
	struct list_head free;
	struct list_head urgent;
	struct list_head ordinary;
	struct ab_slot *taken;		/* NULL: none */
	bool taken_gone;		/* it was removed meanwhile */
	u32 slots;			/* in blocks */
	u32 limit;
	u32 queued;
	u32 reserved;
	u64 bytes;
	u64 bytes_limit;
	u32 lost;			/* not yet told */
	u64 lost_total;
};

/* Slots for a queue, no lock. NULL without memory. */
struct ab_slots *ab_slots_new(u32 count);
void ab_slots_free(struct ab_slots *slots);

void ab_queue_init(struct ab_queue *queue, u64 bytes_limit);
/* Adds slots, which the queue then owns. The limit stays. */
void ab_queue_grow(struct ab_queue *queue, struct ab_slots *slots);
/* -EBUSY: more is in use. The queue must have as many slots. */
int ab_queue_set_limit(struct ab_queue *queue, u32 limit);
/* The queue must be empty. No lock. */
void ab_queue_deinit(struct ab_queue *queue);

/* Room for n more slots? And for a record of so many bytes too? */
bool ab_queue_has_slots(const struct ab_queue *queue, u32 n);
bool ab_queue_has_room(const struct ab_queue *queue, u64 bytes);

/* Guarantee 1. Reserving needs ab_queue_has_slots(). */
void ab_queue_reserve(struct ab_queue *queue);
void ab_queue_unreserve(struct ab_queue *queue);

/*
 * Queues a message (referenced) or, with NULL, a cursor. There must be room, or
 * a reservation given back just before. Returns the slot, to set its request.
 */
struct ab_slot *ab_queue_push(struct ab_queue *queue, struct ab_message *message,
			      u32 flags, u64 cookie);

/* Counts messages that were missed. */
void ab_queue_lose(struct ab_queue *queue, u32 n);

/* Counts again what a lost mark or a removed record would have told. */
void ab_queue_put_back_lost(struct ab_queue *queue, u32 n);

/* The slot that is read next, or NULL. */
struct ab_slot *ab_queue_first(const struct ab_queue *queue);

/* Is there anything to read, a lost mark included? Racy without the lock. */
bool ab_queue_readable(const struct ab_queue *queue);

/* Takes a slot away and lets go of its message. */
void ab_queue_remove(struct ab_queue *queue, struct ab_slot *slot,
		     struct ab_effects *fx);

/*
 * The reader of the taken slot is done; told: its record was read, with what
 * it says of lost messages. True if the slot had been removed meanwhile.
 */
bool ab_queue_untake(struct ab_queue *queue, bool told, struct ab_effects *fx);

#endif /* AB_QUEUE_H */
