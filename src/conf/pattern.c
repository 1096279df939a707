/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/pattern.h"

#include <ctype.h>
#include <string.h>

enum { STEP_LIMIT = 200000 };

/* The part of a pattern that is being matched, and the work done so far. */
struct matcher {
	const char *pattern_end;
	unsigned long *steps;
	bool *unsure;
};

static bool match(const struct matcher *matcher, const char *pattern, const char *text,
		  const char *end);

static bool unsure(const struct matcher *matcher)
{
	*matcher->unsure = true;
	return false;
}

static bool in_class(const char *name, size_t length, unsigned char c, bool *ret_known)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} classes[] = {
		{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
		{"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
		{"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0)
			return classes[i].is(c);
	*ret_known = false;
	return false;
}

/* The end of the bracket expression that begins at pattern ("["), or NULL if it is none. */
static const char *bracket_end(const struct matcher *matcher, const char *pattern)
{
	const char *c = pattern + 1;

	if (c < matcher->pattern_end && (*c == '!' || *c == '^'))
		c++;
	for (const char *first = c; c < matcher->pattern_end; c++) {
		if (*c == ']' && c != first)
			return c;
		if (*c == '\\' && c + 1 < matcher->pattern_end)
			c++;
		else if (*c == '[' && c + 1 < matcher->pattern_end && strchr(":.=", c[1])) {
			const char *close = c + 2;

			while (close + 1 < matcher->pattern_end &&
			       !(close[0] == c[1] && close[1] == ']'))
				close++;
			if (close + 1 >= matcher->pattern_end) {
				(void)unsure(matcher);
				return NULL;
			}
			c = close + 1;
		}
	}
	return NULL;
}

/* Whether c is in the bracket expression from pattern to end. */
static bool match_bracket(const struct matcher *matcher, const char *pattern, const char *end,
			  unsigned char c)
{
	bool negated = pattern[1] == '!' || pattern[1] == '^', found = false;

	for (const char *item = pattern + 1 + negated; item < end; item++) {
		bool known = true;

		if (*item == '[' && item[1] == ':') {
			const char *close = strstr(item + 2, ":]");

			found |= in_class(item + 2, (size_t)(close - item - 2), c, &known);
			if (!known)
				return unsure(matcher);
			item = close + 1;
			continue;
		}
		if (*item == '[' && (item[1] == '.' || item[1] == '='))
			return unsure(matcher);
		if (*item == '\\')
			item++;
		unsigned char low = (unsigned char)*item, high = low;

		if (item + 2 < end && item[1] == '-') {
			item += 2;
			if (*item == '[')
				return unsure(matcher);
			if (*item == '\\')
				item++;
			high = (unsigned char)*item;
			if (low > high) /* bash takes the rest differently */
				return unsure(matcher);
		}
		found |= low <= c && c <= high;
	}
	return found != negated;
}

/* The ) that closes the group whose content begins at pattern; NULL if none does. */
static const char *group_end(const struct matcher *matcher, const char *pattern)
{
	unsigned depth = 0;

	for (; pattern < matcher->pattern_end; pattern++) {
		if (*pattern == '\\')
			pattern++;
		else if (*pattern == '[') {
			const char *end = bracket_end(matcher, pattern);

			if (end)
				pattern = end;
		} else if (*pattern == '(')
			depth++;
		else if (*pattern == ')' && depth-- == 0)
			return pattern;
	}
	return NULL;
}

/* The | or end that closes the alternative at pattern. */
static const char *alternative_end(const struct matcher *matcher, const char *pattern,
				   const char *end)
{
	struct matcher inner = {end, matcher->steps, matcher->unsure};
	unsigned depth = 0;

	for (; pattern < end; pattern++) {
		if (*pattern == '\\')
			pattern++;
		else if (*pattern == '[') {
			const char *close = bracket_end(&inner, pattern);

			if (close)
				pattern = close;
		} else if (*pattern == '(')
			depth++;
		else if (*pattern == ')')
			depth--;
		else if (*pattern == '|' && !depth)
			return pattern;
	}
	return end;
}

/* Whether one of the alternatives between pattern and end matches text up to text_end exactly. */
static bool match_alternatives(const struct matcher *matcher, const char *pattern, const char *end,
			       const char *text, const char *text_end)
{
	for (;;) {
		const char *stop = alternative_end(matcher, pattern, end);
		struct matcher inner = {stop, matcher->steps, matcher->unsure};

		if (match(&inner, pattern, text, text_end))
			return true;
		if (stop >= end)
			return false;
		pattern = stop + 1;
	}
}

/* kind( … ) at pattern, which is behind the "("; then the rest. */
static bool match_group(const struct matcher *matcher, char kind, const char *pattern,
			const char *end, const char *text, const char *text_end)
{
	if ((kind == '?' || kind == '*') && match(matcher, end + 1, text, text_end))
		return true;
	for (const char *split = text; split <= text_end && !*matcher->unsure; split++) {
		bool one = match_alternatives(matcher, pattern, end, text, split);

		if (kind == '!') {
			if (!one && match(matcher, end + 1, split, text_end))
				return true;
			continue;
		}
		if (!one)
			continue;
		if (match(matcher, end + 1, split, text_end))
			return true;
		if ((kind == '*' || kind == '+') && split > text &&
		    match_group(matcher, kind, pattern, end, split, text_end))
			return true;
	}
	return false;
}

static bool match_star(const struct matcher *matcher, const char *pattern, const char *text,
		       const char *end)
{
	if (pattern == matcher->pattern_end)
		return true;
	/* Here bash has ways of its own: *!(x)y matches the empty text. */
	if (strchr("?*+@!", *pattern) && pattern + 1 < matcher->pattern_end && pattern[1] == '(')
		return unsure(matcher);
	for (; text <= end && !*matcher->unsure; text++)
		if (match(matcher, pattern, text, end))
			return true;
	return false;
}

static bool match(const struct matcher *matcher, const char *pattern, const char *text,
		  const char *end)
{
	for (; pattern < matcher->pattern_end; pattern++, text++) {
		const char *close;

		if (++*matcher->steps > STEP_LIMIT)
			return unsure(matcher);
		if (strchr("?*+@!", *pattern) && pattern + 1 < matcher->pattern_end &&
		    pattern[1] == '(' && (close = group_end(matcher, pattern + 2)))
			return match_group(matcher, *pattern, pattern + 2, close, text, end);
		if (*pattern == '*')
			return match_star(matcher, pattern + 1, text, end);
		if (text >= end)
			return false;
		if (*pattern == '?')
			continue;
		if (*pattern == '[' && (close = bracket_end(matcher, pattern))) {
			if (!match_bracket(matcher, pattern, close, (unsigned char)*text))
				return false;
			pattern = close;
			continue;
		}
		if (*pattern == '\\' && pattern + 1 < matcher->pattern_end)
			pattern++;
		if (*pattern != *text)
			return false;
	}
	return text == end;
}

enum pattern_result pattern_match(const char *pattern, const char *text, size_t length)
{
	unsigned long steps = 0;
	bool is_unsure = false;
	struct matcher matcher = {pattern + strlen(pattern), &steps, &is_unsure};
	bool matches = match(&matcher, pattern, text, text + length);

	return is_unsure ? PATTERN_UNSURE : matches ? PATTERN_YES : PATTERN_NO;
}
