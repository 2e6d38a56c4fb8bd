/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_KIND_H
#define AB_KIND_H

/*
 * The kinds of objects that have caches of their own, so that what is left
 * behind has a name. ab_kinds[] gives their names and sizes.
 */
enum ab_kind {
	AB_MESSAGE,
	AB_REQUEST,
	AB_BINDING,
	AB_NODE,
	AB_WATCH,
	AB_CURSOR,
	AB_FILE,
	AB_KINDS,
};

struct ab_kind_info {
	const char *name;
	unsigned int size;
};

extern const struct ab_kind_info ab_kinds[AB_KINDS];

#endif /* AB_KIND_H */
