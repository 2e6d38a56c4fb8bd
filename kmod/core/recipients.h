/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_RECIPIENTS_H
#define AB_RECIPIENTS_H

/**
 * DOC: Recipients
 *
 * Problem    - One lookup decides who gets a message, with what cookie, and
 *              whether all of them have room, before anything is queued.
 * States     - Found anew for each attempt to send; holds nothing.
 * Guarantees - 1. An endpoint is there once, by its first binding in order of
 *                 precedence, and once more for each binding that wants a copy
 *                 of its own.
 *              2. The replier is the first live one in order of precedence.
 * Limits     - One lookup at a time per bus: the lists run through the bindings.
 * Ownership and locking - Bus lock, from find to the last use.
 */

#include "effects.h"
#include "host.h"
#include "message.h"
#include "name.h"

struct ab_binding;
struct ab_bus;
struct ab_endpoint;

struct ab_recipients {
	struct list_head listeners;	/* of bindings, by hit */
	struct ab_binding *replier;	/* NULL: none, or not asked for */
	bool want_replier;
	bool want_listeners;
	bool sure;	/* all were seen to have room: nobody misses it */
	struct ab_endpoint *not_listener; /* left out, may be NULL */
	struct ab_endpoint *not_replier;  /* likewise */
	struct ab_endpoint *has_it;	/* gets it otherwise, needs no copy */
};

/* Finds; the fields below `replier` say what. */
void ab_recipients_find(struct ab_bus *bus, const struct ab_name *name,
			struct ab_recipients *found);

/* The first listener without room for its copies; NULL: all have room. */
struct ab_endpoint *ab_recipients_full(const struct ab_recipients *found,
				       u64 bytes);

/* Queues the message for all listeners; who is full misses it. */
void ab_recipients_push(struct ab_bus *bus, const struct ab_recipients *found,
			struct ab_message *message, struct ab_effects *fx);

#endif /* AB_RECIPIENTS_H */
