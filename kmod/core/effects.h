/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_EFFECTS_H
#define AB_EFFECTS_H

/**
 * DOC: Effects
 *
 * Problem    - Under the bus lock nothing is freed and nobody is woken, but what
 *              happens there makes garbage and wakes readers.
 * States     - Empty, filled (under the lock), finished (outside).
 * Guarantees - 1. An endpoint whose queue or room changed is woken after the
 *                 change, at least once.
 *              2. Collecting effects allocates nothing.
 * Limits     - A transaction that wakes more than AB_WAKE_BATCH endpoints leaves
 *              the rest on the bus; ab_bus_work() gives them in batches.
 * Ownership and locking - On the stack of one call. Collected under the bus
 *              lock, finished by ab_effects_finish() without it.
 */

#include "host.h"

struct ab_bus;
struct ab_endpoint;

#define AB_WAKE_BATCH	8

/* The head of every object that is freed through effects. */
struct ab_junk {
	struct list_head link;
	u32 kind;		/* enum ab_kind of host.h */
};

struct ab_effects {
	struct list_head junk;
	struct ab_endpoint *wake[AB_WAKE_BATCH]; /* each with a reference */
	u32 n_wake;
	bool more;		/* the bus has work left: wakes or retries */
};

void ab_effects_init(struct ab_effects *fx);

/* The object is freed when the effects are finished. Bus lock. */
void ab_discard(struct ab_effects *fx, struct ab_junk *junk);

/* The endpoint is woken when the effects are finished. Bus lock. */
void ab_wake(struct ab_effects *fx, struct ab_endpoint *endpoint);

/*
 * Work that a transaction left, a bounded piece of it: endpoints to wake, sends
 * that waited for room. True while there may be more. Bus lock.
 */
bool ab_bus_work(struct ab_bus *bus, struct ab_effects *fx);

/* Frees the junk. The caller has taken the wakes. No lock. */
void ab_effects_finish(struct ab_effects *fx);

#endif /* AB_EFFECTS_H */
