/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_MESSAGE_H
#define AB_MESSAGE_H

/**
 * DOC: Messages
 *
 * Problem    - One message may stand in thousands of queues. Its name and data
 *              are kept once, its header in the form in which it's read.
 * States     - New (being filled by its sender, outside the lock), accepted
 *              (has a serial and never changes again), discarded.
 * Guarantees - 1. What an accepted message says doesn't change.
 *              2. It's freed when the last queue, value or request lets go.
 * Limits     - Name and data together fit in a u32.
 * Ownership and locking - A count under the bus lock; the one who makes it has
 *              the first reference. At zero it goes to the effects, and is
 *              freed outside the lock.
 */

#include "effects.h"
#include "host.h"

/* Room within a message for name and data, so that most need one allocation. */
#define AB_MESSAGE_ROOM	256

struct ab_message {
	struct ab_junk junk;
	u32 refs;		/* bus lock */
	struct autobus_record head; /* as it's read, but for the reader's own */
	struct ab_creds *creds;	/* of head.sender; NULL: the kernel */
	const char *name;	/* zero padded to a multiple of 8 */
	const void *data;	/* likewise */
	struct ab_message *named; /* whose name this one uses, or NULL */
	void *body;		/* own memory of name and data, or NULL */
};

struct ab_message_roomy {
	struct ab_message message;
	u64 room[AB_MESSAGE_ROOM / sizeof(u64)];
};

static inline u64 ab_pad(u64 size)
{
	return (size + 7) & ~(u64)7;
}

/*
 * Makes a message with room for name and data, which the caller fills in
 * through the returned struct (they are const only for readers). creds: is
 * referenced; may be NULL. NULL without memory.
 */
struct ab_message *ab_message_new(u32 name_size, u32 data_size,
				  struct ab_creds *creds);

/* Sets the sizes in the header from name_size and data_size. */
void ab_message_set_sizes(struct ab_message *message, u32 name_size,
			  u32 data_size);

/* Bytes that it counts in a queue: name and data. */
u64 ab_message_bytes(const struct ab_message *message);

void ab_message_ref(struct ab_message *message);
/* NULL is fine. Bus lock. */
void ab_message_unref(struct ab_message *message, struct ab_effects *fx);

/* Frees without looking at the count; for effects and for failed calls. */
void ab_message_free(struct ab_message *message);

#endif /* AB_MESSAGE_H */
