/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_SEND_H
#define AB_SEND_H

/**
 * DOC: Sending
 *
 * Problem    - A message is accepted as a whole, by all its recipients that must
 *              have it, or not at all; and a sender that waits for room must get
 *              it, in its turn, whatever makes the room.
 * States     - Prepared; then accepted, refused, or parked. A parked send holds
 *              a place in the line of one recipient that was full and nothing
 *              else. When that one may have room the recipients are looked up
 *              anew.
 * Guarantees - 1. Refused leaves no trace (G2).
 *              2. Accepted is one hold of the lock: all recipients have it at
 *                 the same place of the order (G1).
 *              3. Who waited longest is tried first, and later senders don't
 *                 overtake those that are about to be tried (G6).
 *              4. A parked send ends by acceptance, refusal, its caller's
 *                 cancelling, or its endpoint's close.
 * Limits     - A non-blocking sender that was refused isn't parked: only its
 *              POLLOUT waits in line.
 * Ownership and locking - The caller owns the ab_send; while it's parked others
 *              may finish it, under the bus lock.
 */

#include "effects.h"
#include "endpoint.h"
#include "host.h"
#include "message.h"
#include "name.h"
#include "table.h"

struct ab_request;

struct ab_send {
	struct ab_endpoint *sender;
	struct ab_message *message;	/* NULL: accepted */
	struct ab_request *request;	/* NULL: none needed, or accepted */
	struct ab_table_spare spare;
	struct ab_name name;		/* parsed, if named */
	bool named;
	struct list_head parked;	/* in sender->parked, or alone */
	struct ab_wait wait;
	bool done;			/* while parked: result is there */
	int result;
	u64 serial;			/* given to the message */
};

#define AB_SEND_PARKED	1

/*
 * Prepares to send the message, whose header was checked; takes it over even if
 * it fails. No lock. -ENOMEM, -EBADMSG, -ENAMETOOLONG, -EPERM, -EBADF.
 */
int ab_send_prepare(struct ab_send *send, struct ab_endpoint *sender,
		    struct ab_message *message);
/* Frees what wasn't accepted; no lock, not parked. */
void ab_send_free(struct ab_send *send);

/*
 * Sends. 0, a negative errno, or, if it would have to wait: AB_SEND_PARKED if
 * may_park, else -EAGAIN, and the sender's POLLOUT is off.
 */
int ab_send_commit(struct ab_send *send, bool may_park, struct ab_effects *fx);

/* Takes a parked send out of line. False if it was done before: see result. */
bool ab_send_cancel(struct ab_send *send);

/* Tries whoever waits longest for this endpoint, which is roomy. */
void ab_send_retry(struct ab_endpoint *endpoint, struct ab_effects *fx);

/* Ends one parked send of a closing endpoint. */
void ab_send_shut_down(struct ab_endpoint *sender, struct ab_effects *fx);

/* Leaves the line, if in one. */
void ab_wait_end(struct ab_wait *wait);

/* The kernel's own news: to all listeners of its name that have room. */
void ab_send_to_listeners(struct ab_bus *bus, struct ab_message *message,
			  struct ab_effects *fx);

/* The binding that would get a request of that name; NULL: none. */
struct ab_binding *ab_find_replier(struct ab_bus *bus,
				   const struct ab_name *name);

#endif /* AB_SEND_H */
