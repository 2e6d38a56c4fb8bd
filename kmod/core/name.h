/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_NAME_H
#define AB_NAME_H

/**
 * DOC: Names and patterns
 *
 * Problem    - Every message and binding carries a name from a program that may
 *              be hostile or wrong. It is checked once, here, and everything
 *              behind works on words.
 * States     - none: a parsed name is a value that borrows its text.
 * Guarantees - 1. A text is accepted exactly when the grammar of
 *                 linux/autobus.h has it.
 *              2. A pattern matches a name by that grammar's rules; no wildcard
 *                 stands for the first word Autobus.
 * Limits     - 16 words and 1,000 bytes; below $.Autobus 18 and 1,024.
 * Ownership and locking - none; the text must outlive the struct.
 */

#include "host.h"

struct ab_word {
	u16 at;		/* offset in the text */
	u16 size;
};

struct ab_name {
	const char *text;
	u16 size;
	u8 words;	/* the '*' not counted */
	u8 percents;
	bool star;	/* ends in '*' */
	bool kernel;	/* first word is Autobus */
	struct ab_word word[AUTOBUS_KERNEL_WORDS_MAX];
};

/*
 * Parses text as a name, or as a pattern. Returns 0, -EBADMSG (not a name or
 * pattern), -ENAMETOOLONG (too many bytes or words).
 */
int ab_name_parse(struct ab_name *name, const char *text, size_t size,
		  bool pattern);

/* Does the pattern match the name? Both parsed. */
bool ab_name_matches(const struct ab_name *pattern, const struct ab_name *name);

/* Is word i '%'? */
bool ab_name_is_percent(const struct ab_name *name, unsigned int i);

#endif /* AB_NAME_H */
