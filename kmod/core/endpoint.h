/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_ENDPOINT_H
#define AB_ENDPOINT_H

/**
 * DOC: Endpoints
 *
 * Problem    - An endpoint may end at any moment, in the middle of anything, and
 *              everybody who counts on it must be told, in order, without a
 *              failure and without a long hold of the lock.
 * States     - OPEN:    takes part in everything.
 *              CLOSING: no recipient and no replier any more; in steps of one
 *                       thing each come, in this order: sends of its own that
 *                       wait fail, its requests are withdrawn, what it owes is
 *                       answered (oldest first), its bindings end with their
 *                       notices, its watchers are told, its watches and its
 *                       queue are emptied.
 *              CLOSED:  the bus doesn't know it; its memory stays for the file.
 * Guarantees - 1. Closing allocates nothing and can't fail (G5).
 *              2. A closed notice comes after the last message of the endpoint.
 *              3. A step does a bounded amount of work.
 * Limits     - Numbers aren't used again.
 * Ownership and locking - Bus lock, but for the constant part. The file that
 *              embeds it frees it when the last reference is gone.
 */

#include "effects.h"
#include "host.h"
#include "message.h"
#include "queue.h"
#include "table.h"

struct ab_binding;
struct ab_bus;
struct ab_send;

enum ab_endpoint_state { AB_OPEN, AB_CLOSING, AB_CLOSED };

/* Something that waits for room at an endpoint, in order of age. */
struct ab_wait {
	struct list_head link;		/* in full->refused, or alone */
	struct ab_endpoint *sender;
	struct ab_endpoint *full;	/* NULL: doesn't wait */
	struct ab_send *send;		/* NULL: only POLLOUT waits */
	u64 age;
};

struct ab_endpoint {
	/* constant while open */
	struct ab_bus *bus;
	struct ab_creds *creds;
	u64 number;
	bool may_read;
	bool may_write;
	bool privileged;		/* CAP_SYS_ADMIN at open */

	struct ab_ref ref;		/* no lock */

	/* bus lock */
	enum ab_endpoint_state state;
	bool opener;			/* ends with the opening process */
	bool waking;			/* in bus->wakes */
	bool roomy;			/* in bus->roomy */
	u64 hit;			/* the last lookup that found it */
	u32 copies;			/* ... and for how many copies */
	struct ab_entry by_number;
	struct list_head link;		/* bus->endpoints, by number */
	struct list_head wakes;		/* bus->wakes */
	struct list_head room;		/* bus->roomy */
	struct list_head bindings;	/* oldest first */
	struct list_head asked;
	struct list_head owed;		/* oldest first */
	struct list_head watches;	/* its own */
	struct list_head watchers;	/* of others, on it */
	struct list_head refused;	/* waits for room here, oldest first */
	u64 tried;			/* age of the last one that was tried */
	struct list_head parked;	/* its own sends that wait */
	struct ab_wait pollout;		/* a non-blocking send was refused */
	u32 n_bindings;
	u32 n_listeners;
	u32 bindings_limit;
	u32 n_asked;
	u32 n_owed;
	struct ab_queue queue;
};

/* creds: the endpoint takes the caller's reference. No lock, can't fail. */
void ab_endpoint_init(struct ab_endpoint *endpoint, struct ab_bus *bus,
		      struct ab_creds *creds, bool may_read, bool may_write,
		      bool privileged);
/* After it was closed, or was never added. No lock. */
void ab_endpoint_deinit(struct ab_endpoint *endpoint);

/* Adds it to its bus with its first slots. -ENFILE: the bus is full. */
int ab_endpoint_add(struct ab_endpoint *endpoint, struct ab_slots *slots,
		    struct ab_table_spare *spare);

/* The endpoint of that number, if it's open; else NULL. */
struct ab_endpoint *ab_endpoint_find(struct ab_bus *bus, u64 number);

/* Begins to close; later calls on it fail. False if it had begun before. */
bool ab_endpoint_close(struct ab_endpoint *endpoint, struct ab_effects *fx);
/* One step of closing; false when it's closed. */
bool ab_endpoint_close_step(struct ab_endpoint *endpoint,
			    struct ab_effects *fx);

/* 0, or -ESHUTDOWN once it began to close. */
int ab_endpoint_check(const struct ab_endpoint *endpoint);

/* Queues a message for it and wakes it; as ab_queue_push(). */
struct ab_slot *ab_endpoint_push(struct ab_endpoint *endpoint,
				 struct ab_message *message, u32 flags,
				 u64 cookie, struct ab_effects *fx);

/* There may be room where there was none: those who waited are tried again. */
void ab_endpoint_has_room(struct ab_endpoint *endpoint, struct ab_effects *fx);

#endif /* AB_ENDPOINT_H */
