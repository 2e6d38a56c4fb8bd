// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "notice.h"

#include "binding.h"
#include "endpoint.h"

/* The literal words, each with its '.'; to may be NULL, to learn the size. */
static u32 put_literals(const struct ab_name *pattern, char *to)
{
	u32 i, size = 0;

	for (i = 0; i < pattern->words; i++) {
		const struct ab_word *word = &pattern->word[i];

		if (ab_name_is_percent(pattern, i))
			continue;
		/* The byte before a word is its '.'. */
		if (to)
			memcpy(to + size, pattern->text + word->at - 1,
			       word->size + 1);
		size += word->size + 1;
	}
	return size;
}

struct ab_message *ab_notice_new(u32 code, const struct ab_name *pattern)
{
	static const char bound[] = AUTOBUS_NAME_BOUND;
	static const char unbound[] = AUTOBUS_NAME_UNBOUND;
	const char *stem = code == AUTOBUS_NOTICE_BOUND ? bound : unbound;
	u32 stem_size = code == AUTOBUS_NOTICE_BOUND ? sizeof(bound) - 1 :
						       sizeof(unbound) - 1;
	struct ab_message *notice;

	notice = ab_message_new(stem_size + put_literals(pattern, NULL),
				sizeof(struct autobus_bound) + pattern->size,
				NULL);
	if (!notice)
		return NULL;
	memcpy((char *)notice->name, stem, stem_size);
	put_literals(pattern, (char *)notice->name + stem_size);
	notice->head.type = AUTOBUS_NOTICE;
	notice->head.code = code;
	return notice;
}

void ab_notice_fill(struct ab_message *notice, const struct ab_binding *binding)
{
	struct autobus_bound bound = {
		.endpoint = binding->endpoint->number,
		.binding = binding->id,
		.role = binding->role,
		.flags = binding->flags & AUTOBUS_BIND_YIELDING,
		.pattern_size = binding->text_size,
	};

	memcpy((void *)notice->data, &bound, sizeof(bound));
	memcpy((char *)notice->data + sizeof(bound), binding->text,
	       binding->text_size);
}
