/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_BUS_H
#define AB_BUS_H

/**
 * DOC: Buses
 *
 * Problem    - What is common to all endpoints of one device: the order of its
 *              messages, who is there, who wants what.
 * States     - Live from init to deinit; deinit needs all endpoints closed.
 * Guarantees - 1. Serials count from 1, and each is given once (G1).
 *              2. Nothing here is shared between buses (G8).
 * Limits     - limits.
 * Ownership and locking - The host embeds it and owns its lock; everything below
 *              is touched with the lock held, but for the constants. The core
 *              never takes the lock: ab_assert_held() only checks.
 *
 * A call in three steps: prepare (allocate, may fail, no lock), commit (with the
 * lock, may refuse, allocates nothing), finish (no lock: free, wake). As long as
 * the effects say that there is more, ab_bus_work() does a piece of it per hold.
 */

#include "effects.h"
#include "host.h"
#include "index.h"
#include "message.h"
#include "table.h"

struct ab_limits {
	u64 records;
	u64 bytes;
	u64 bindings;
	u64 endpoints;
	u64 message;
};

struct ab_bus {
	/* constant */
	u64 id;
	struct ab_limits limits;	/* defaults of an endpoint */
	struct ab_limits ceilings;	/* what an endpoint may raise them to */

	struct ab_lock lock;

	/* the lock's */
	u64 serial;			/* the last one given */
	u64 last_endpoint;
	u64 hits;			/* lookups so far */
	u64 waits;			/* sends that ever waited */
	u64 n_bindings;
	u64 lost_total;
	struct ab_index index;
	struct ab_table endpoints;
	struct ab_table requests;
	struct list_head in_order;	/* open endpoints, by number */
	struct list_head bound;		/* values: bound notices, by serial */
	struct list_head far_watches;	/* of endpoints of other buses */
	struct list_head wakes;		/* endpoints to wake yet */
	struct list_head roomy;		/* endpoints that may have room now */
	struct ab_endpoint *router;
};

void ab_bus_init(struct ab_bus *bus, u64 id);
/* All endpoints must be closed. */
void ab_bus_deinit(struct ab_bus *bus);

/* The router, or NULL: none, or one that closes. */
struct ab_endpoint *ab_bus_router(const struct ab_bus *bus);

/* -EPERM (not privileged), -EBADF (not open for both), -EBUSY (has another). */
int ab_bus_claim_router(struct ab_endpoint *endpoint);

/*
 * Accepts a message: gives it the next serial, and its origin unless it brings
 * one. sender NULL: the kernel.
 */
void ab_bus_stamp(struct ab_bus *bus, struct ab_message *message,
		  const struct ab_endpoint *sender);

#endif /* AB_BUS_H */
