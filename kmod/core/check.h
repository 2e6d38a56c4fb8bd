/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_CHECK_H
#define AB_CHECK_H

/**
 * DOC: Checking a bus
 *
 * Problem    - A count that is one too high shows much later, far from what made
 *              it so. Tests look at the whole bus after each step.
 * States     - none.
 * Guarantees - 1. Changes nothing.
 *              2. A bus in which it finds nothing has consistent lists and
 *                 counts: each reservation belongs to an open request or a
 *                 watch, each queued byte to a slot, each node to a binding.
 * Limits     - Takes as long as the bus is big: not part of the module.
 * Ownership and locking - Bus lock.
 */

#include "host.h"

struct ab_bus;

/* NULL, or what is wrong: the first thing that was found. */
const char *ab_bus_check(struct ab_bus *bus);

#endif /* AB_CHECK_H */
