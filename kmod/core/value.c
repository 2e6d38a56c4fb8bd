// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "value.h"

struct ab_cursor *ab_cursor_new(const struct ab_name *pattern, u64 cookie)
{
	struct ab_cursor *cursor = ab_new(AB_CURSOR);

	if (!cursor)
		return NULL;
	memset(cursor, 0, sizeof(*cursor));
	cursor->junk.kind = AB_CURSOR;
	cursor->text = ab_alloc(pattern->size);
	if (!cursor->text) {
		ab_delete(AB_CURSOR, cursor);
		return NULL;
	}
	memcpy(cursor->text, pattern->text, pattern->size);
	cursor->pattern = *pattern;
	cursor->pattern.text = cursor->text;
	cursor->cookie = cookie;
	return cursor;
}

void ab_cursor_free(struct ab_cursor *cursor)
{
	if (!cursor)
		return;
	ab_free(cursor->text);
	ab_delete(AB_CURSOR, cursor);
}

void ab_cursor_start(struct ab_cursor *cursor, struct list_head *values,
		     u64 last)
{
	cursor->values = values;
	cursor->last = last;
	list_add(&cursor->place.link, values);
}

void ab_cursor_stop(struct ab_cursor *cursor)
{
	list_del(&cursor->place.link);
}

static struct ab_value *next_value(struct ab_cursor *cursor)
{
	if (cursor->place.link.next == cursor->values)
		return NULL;
	return list_entry(cursor->place.link.next, struct ab_value, link);
}

static void step_over(struct ab_cursor *cursor, struct ab_value *value)
{
	list_del(&cursor->place.link);
	list_add(&cursor->place.link, &value->link);
}

static bool wants(struct ab_cursor *cursor, const struct ab_message *message)
{
	struct ab_name name;

	return !ab_name_parse(&name, message->name, message->head.name_size,
			      false) &&
	       ab_name_matches(&cursor->pattern, &name);
}

int ab_cursor_peek(struct ab_cursor *cursor, struct ab_message **messagep)
{
	struct ab_value *value;
	u32 i;

	*messagep = NULL;
	for (i = 0; i < AB_CURSOR_STEP; i++) {
		value = next_value(cursor);
		if (!value)
			return 0;
		if (value->message) {
			if (value->message->head.serial > cursor->last)
				return 0;
			if (wants(cursor, value->message)) {
				*messagep = value->message;
				return 0;
			}
		}
		step_over(cursor, value);
	}
	return 1;
}

void ab_cursor_pass(struct ab_cursor *cursor, const struct ab_message *message)
{
	struct ab_value *value = next_value(cursor);

	if (value && value->message == message)
		step_over(cursor, value);
}
