/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_REQUEST_H
#define AB_REQUEST_H

/**
 * DOC: Requests
 *
 * Problem    - A caller must get one answer, whatever becomes of the one who is
 *              to answer, and nobody else may give it.
 * States     - Unread: its record is in the replier's queue.
 *              Handed: the replier has read it.
 *              Gone: answered by a reply or a status, or its requester closed.
 *
 *                unread -- read --> handed
 *                unread -- replier unbinds --------> status Unbound
 *                unread -- replier closes  --------> status GoneAway
 *                handed -- replier closes  --------> status Ignored
 *                either -- replier was the router -> status Unreachable
 *                handed -- replier replies --------> the reply
 *                unread -- requester closes -------> withdrawn from the queue
 *                handed -- requester closes -------> forgotten
 * Guarantees - 1. From acceptance till it's gone a request holds one reserved
 *                 slot of its requester's queue and its own status message:
 *                 answering can't fail (G3).
 *              2. It leaves the open ones before its answer is queued: there is
 *                 no second answer.
 *              3. Only the endpoint that was handed it can answer (G4).
 * Limits     - Deadlines aren't built yet.
 * Ownership and locking - Bus lock. An open request is in its requester's and
 *              its replier's list and in the bus's table. Its memory is that of
 *              its status message, whose first reference is the open request's.
 */

#include "effects.h"
#include "host.h"
#include "message.h"
#include "table.h"

struct ab_binding;
struct ab_bus;
struct ab_endpoint;
struct ab_slot;

enum ab_answer {
	AB_ANSWER_UNBOUND,
	AB_ANSWER_GONE_AWAY,
	AB_ANSWER_IGNORED,
	AB_ANSWER_TIMED_OUT,
	AB_ANSWER_UNREACHABLE,
	AB_ANSWER_REFUSED,
	AB_ANSWERS,
};

struct ab_request {
	struct ab_message status;	/* first: freed as this */
	struct ab_entry by_serial;
	struct list_head asked;		/* in requester->asked */
	struct list_head owed;		/* in replier->owed, oldest first */
	struct list_head unread;	/* in binding->unread, or alone */
	struct ab_endpoint *requester;
	struct ab_endpoint *replier;
	struct ab_message *message;	/* what was asked; referenced */
	struct ab_slot *slot;		/* in the replier's queue; NULL: handed */
	u64 serial;
};

/* Allocates; no lock. NULL without memory. Free with ab_request_free(). */
struct ab_request *ab_request_new(void);
void ab_request_free(struct ab_request *request);

/*
 * Opens it: the message has its serial and was queued at the replier in `slot`;
 * binding: through which, or NULL. Reserves the requester's slot.
 */
void ab_request_open(struct ab_bus *bus, struct ab_request *request,
		     struct ab_message *message, struct ab_endpoint *requester,
		     struct ab_endpoint *replier, struct ab_binding *binding,
		     struct ab_slot *slot, struct ab_table_spare *spare);

/* The open request of that serial, or NULL. */
struct ab_request *ab_request_find(struct ab_bus *bus, u64 serial);

/* Its record was read. */
void ab_request_handed(struct ab_request *request);

/*
 * Ends it by a reply (to which the caller gives a serial and which it sends to
 * others): the reply is queued at the requester.
 */
void ab_request_reply(struct ab_bus *bus, struct ab_request *request,
		      struct ab_message *reply, struct ab_effects *fx);

/* Ends it by a status, which gets the next serial. */
void ab_request_status(struct ab_bus *bus, struct ab_request *request,
		       enum ab_answer answer, u32 code, u32 reached,
		       struct ab_effects *fx);

/* Ends it without an answer, because its requester closes. */
void ab_request_withdraw(struct ab_bus *bus, struct ab_request *request,
			 struct ab_effects *fx);

/* The status of a name; AB_ANSWERS if it's none. */
enum ab_answer ab_answer_of_name(const char *name, u32 size);

#endif /* AB_REQUEST_H */
