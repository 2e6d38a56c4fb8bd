/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_WATCH_H
#define AB_WATCH_H

/**
 * DOC: Watches
 *
 * Problem    - Who depends on an endpoint must learn that it ended, after its
 *              last message and without fail.
 * States     - A watch is there until it fires, is removed, or its watcher
 *              closes.
 * Guarantees - 1. It fires once: one closed notice, in the slot and with the
 *                 memory that were reserved when the watch was made (G5).
 * Limits     - The end of an endpoint of another bus is what the router says.
 * Ownership and locking - Bus lock. In its watcher's list, and in the target's
 *              list or, for another bus's endpoint, in the bus's.
 */

#include "effects.h"
#include "host.h"
#include "message.h"

struct ab_bus;
struct ab_endpoint;

struct ab_watch {
	struct ab_junk junk;
	struct list_head own;		/* watcher->watches */
	struct list_head by_target;	/* target->watchers or bus->far_watches */
	struct ab_endpoint *watcher;
	struct autobus_address target;
	u64 cookie;
	struct ab_message *notice;
};

/* Allocates; no lock. NULL without memory. */
struct ab_watch *ab_watch_new(const struct autobus_address *target, u64 cookie);
void ab_watch_free(struct ab_watch *watch);

/*
 * Begins to watch; takes *watchp and sets it to NULL. -ENXIO (not open),
 * -EEXIST, -ENOLCK (no room in one's queue), -EHOSTUNREACH (other bus, no
 * router).
 */
int ab_watch_add(struct ab_endpoint *watcher, struct ab_watch **watchp);
/* -ENOENT if there is none. */
int ab_watch_remove(struct ab_endpoint *watcher,
		    const struct autobus_address *target,
		    struct ab_effects *fx);

/* The target is closed: the notice is queued and the watch is over. */
void ab_watch_fire(struct ab_watch *watch, u32 reached, struct ab_effects *fx);
/* The watch is over without a notice. */
void ab_watch_end(struct ab_watch *watch, struct ab_effects *fx);

#endif /* AB_WATCH_H */
