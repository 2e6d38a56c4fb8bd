/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_DELIVER_H
#define AB_DELIVER_H

/**
 * DOC: Delivery
 *
 * Problem    - What each type of message means: who gets it, what has to be
 *              there first, what is refused and why.
 * States     - One attempt: refused, full, or accepted.
 * Guarantees - 1. An attempt that isn't accepted changes nothing.
 *              2. Accepted: the serial is given and all queues have it.
 * Limits     - none.
 * Ownership and locking - Bus lock.
 */

#include "effects.h"
#include "host.h"

struct ab_endpoint;
struct ab_send;

/*
 * Tries to send once. 0, or a negative errno; -EAGAIN with *fullp: that
 * recipient is full and the sender chose to wait.
 */
int ab_deliver(struct ab_send *send, struct ab_effects *fx,
	       struct ab_endpoint **fullp);

#endif /* AB_DELIVER_H */
