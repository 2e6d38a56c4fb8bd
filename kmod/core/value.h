/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_VALUE_H
#define AB_VALUE_H

/**
 * DOC: Values and cursors
 *
 * Problem    - Who comes later wants to know what is there: which bindings
 *              exist, and what they say. However much that is, it must not need
 *              more of a queue than one slot, and no change may fall between
 *              the old state and the news of it.
 * States     - A value is set (in the list, at its serial's place) or not. A
 *              cursor is queued, at a place in the list of values; it ends with
 *              the mark $.Autobus.Synced.
 * Guarantees - 1. A cursor gives each matching value that was set before the
 *                 cursor was made and not changed since, in serial order.
 *              2. What is set later comes as a message, not by the cursor.
 *              3. A step looks at no more than AB_CURSOR_STEP values.
 * Limits     - Bound notices are the values that exist so far.
 * Ownership and locking - Bus lock. A value is embedded in what owns it; a
 *              cursor belongs to its slot.
 */

#include "effects.h"
#include "host.h"
#include "message.h"
#include "name.h"

#define AB_CURSOR_STEP	64

struct ab_value {
	struct list_head link;
	struct ab_message *message;	/* NULL: a cursor's place */
};

struct ab_cursor {
	struct ab_junk junk;
	struct ab_value place;		/* before the next value */
	struct list_head *values;	/* the list that it walks */
	u64 last;			/* serial of the last value that counts */
	u64 cookie;
	char *text;			/* own memory of the pattern */
	struct ab_name pattern;
};

/* Allocates; no lock. NULL without memory. */
struct ab_cursor *ab_cursor_new(const struct ab_name *pattern, u64 cookie);
void ab_cursor_free(struct ab_cursor *cursor);

/* Puts the cursor at the beginning of the values. */
void ab_cursor_start(struct ab_cursor *cursor, struct list_head *values,
		     u64 last);
void ab_cursor_stop(struct ab_cursor *cursor);

/*
 * Finds the next value, and stays before it. 0 and *messagep, NULL at the end;
 * 1 if the step's limit was met before (call again, with a pause for others).
 */
int ab_cursor_peek(struct ab_cursor *cursor, struct ab_message **messagep);

/* Steps over the value if it's still the next. */
void ab_cursor_pass(struct ab_cursor *cursor, const struct ab_message *message);

#endif /* AB_VALUE_H */
