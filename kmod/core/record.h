/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_RECORD_H
#define AB_RECORD_H

/**
 * DOC: Records as they're written
 *
 * Problem    - A record's header comes from a program. Before anything is
 *              allocated for it, every field must be one that this sender may
 *              set, and its sizes must agree without any sum wrapping around.
 * States     - none.
 * Guarantees - 1. What passes has consistent sizes, no unknown flag and no field
 *                 that is the kernel's.
 * Limits     - Names are checked later, by ab_name_parse().
 * Ownership and locking - none; needs no lock.
 */

#include "host.h"

struct ab_endpoint;

/*
 * Checks a header, of which `room` bytes with what follows were written.
 * -EINVAL, -EMSGSIZE (longer than the limit), -ENAMETOOLONG, -EOPNOTSUPP,
 * -EPERM (a router's fields, from others).
 */
int ab_record_check(const struct autobus_record *head,
		    const struct ab_endpoint *sender, u64 room);

#endif /* AB_RECORD_H */
