/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_NOTICE_H
#define AB_NOTICE_H

/**
 * DOC: Bound and unbound notices
 *
 * Problem    - The news that a binding came or went must not fail when it's due,
 *              so it's written when the binding is made.
 * States     - New (without endpoint and id), filled, sent.
 * Guarantees - 1. The name is $.Autobus.Bound or $.Autobus.Unbound followed by
 *                 the pattern's literal words; the data is struct
 *                 autobus_bound and the pattern.
 * Limits     - not for patterns below $.Autobus.
 * Ownership and locking - A notice is a message; new without the lock, filled
 *              with it.
 */

#include "host.h"
#include "message.h"
#include "name.h"

struct ab_binding;

/* code: AUTOBUS_NOTICE_BOUND or _UNBOUND. NULL without memory. */
struct ab_message *ab_notice_new(u32 code, const struct ab_name *pattern);
void ab_notice_fill(struct ab_message *notice, const struct ab_binding *binding);

#endif /* AB_NOTICE_H */
