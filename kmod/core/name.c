// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "name.h"

static bool is_word_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool word_is(const struct ab_name *name, const struct ab_word *word,
		    const char *text, size_t size)
{
	return word->size == size && !memcmp(name->text + word->at, text, size);
}

bool ab_name_is_percent(const struct ab_name *name, unsigned int i)
{
	return word_is(name, &name->word[i], "%", 1);
}

/* One word of the text, beginning after its '.'; 0 for what isn't one. */
static size_t word_size(const char *text, size_t size, bool pattern)
{
	size_t n = 0;

	if (pattern && size && (text[0] == '%' || text[0] == '*'))
		return 1;
	while (n < size && is_word_byte(text[n]))
		n++;
	return n;
}

static int check_limits(const struct ab_name *name, unsigned int words)
{
	size_t size_max = AUTOBUS_NAME_MAX;
	unsigned int words_max = AUTOBUS_WORDS_MAX;

	if (name->kernel) {
		size_max = AUTOBUS_KERNEL_NAME_MAX;
		words_max = AUTOBUS_KERNEL_WORDS_MAX;
	}
	if (name->size > size_max || words > words_max)
		return -ENAMETOOLONG;
	return 0;
}

/* Takes the word that begins at `at`. */
static int take_word(struct ab_name *name, size_t at, size_t n)
{
	struct ab_word word = { .at = at, .size = n };

	if (name->star)
		return -EBADMSG;	/* '*' must be last */
	if (name->words >= AUTOBUS_KERNEL_WORDS_MAX)
		return -ENAMETOOLONG;
	if (word_is(name, &word, "*", 1)) {
		name->star = true;
		return 0;
	}
	if (word_is(name, &word, "%", 1) &&
	    ++name->percents > AUTOBUS_PERCENT_MAX)
		return -EBADMSG;
	if (!name->words && word_is(name, &word, "Autobus", 7))
		name->kernel = true;
	name->word[name->words++] = word;
	return 0;
}

int ab_name_parse(struct ab_name *name, const char *text, size_t size,
		  bool pattern)
{
	size_t at = 1, n;
	int r;

	if (size > AUTOBUS_KERNEL_NAME_MAX)
		return -ENAMETOOLONG;
	*name = (struct ab_name){ .text = text, .size = size };
	if (size < 3 || text[0] != '$')
		return -EBADMSG;
	while (at < size) {
		if (text[at++] != '.')
			return -EBADMSG;
		n = word_size(text + at, size - at, pattern);
		if (!n)
			return -EBADMSG;
		r = take_word(name, at, n);
		if (r)
			return r;
		at += n;
	}
	return check_limits(name, name->words + name->star);
}

static bool word_equal(const struct ab_name *a, const struct ab_name *b,
		       unsigned int i)
{
	return word_is(b, &b->word[i], a->text + a->word[i].at,
		       a->word[i].size);
}

bool ab_name_matches(const struct ab_name *pattern, const struct ab_name *name)
{
	unsigned int i;

	if (pattern->kernel != name->kernel)
		return false;
	if (pattern->star ? name->words <= pattern->words :
			    name->words != pattern->words)
		return false;
	for (i = 0; i < pattern->words; i++) {
		if (!ab_name_is_percent(pattern, i) &&
		    !word_equal(pattern, name, i))
			return false;
	}
	return true;
}
