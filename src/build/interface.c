/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/interface.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

enum { ERRORS = 5 };

/* What an error says about a name. */
enum shape {
	LOST,     /* it is not there */
	CHANGED,  /* it is there, and used otherwise */
	CALLBACK, /* a function of another type than the kernel calls */
	OWN,      /* it is there twice */
};

/*
 * A name in quotes stands behind a text or before one. In the second half of the table, `after`
 * follows the name.
 */
static const struct pattern {
	enum shape shape;
	const char *before, *after;
	const char *detail;
} patterns[] = {
	{LOST, "implicit declaration of function '", "'", "it has no function {subject}"},
	{LOST, "call to undeclared function '", "'", "it has no function {subject}"},
	{LOST, "'", "' undeclared", "it has no {subject}"},
	{LOST, "use of undeclared identifier '", "'", "it has no {subject}"},
	{LOST, "no member named '", "'", "a structure has no member {subject}"},
	{LOST, "unknown field '", "'", "a structure has no member {subject}"},
	{LOST, "field designator '", "'", "a structure has no member {subject}"},
	{LOST, "unknown type name '", "'", "it does not define {subject}"},
	{LOST, "invalid use of undefined type 'struct ", "'", "it does not define {subject}"},
	{LOST, "incomplete definition of type 'struct ", "'", "it does not define {subject}"},
	{LOST, "fatal error: ", ": No such file or directory", "it has no header {subject}"},
	{LOST, "fatal error: '", "' file not found", "it has no header {subject}"},
	{CHANGED, "too many arguments to function '", "'", "{subject} takes other arguments"},
	{CHANGED, "too few arguments to function '", "'", "{subject} takes other arguments"},
	{CHANGED, "of '", "' from incompatible pointer type", "{subject} takes other arguments"},
	{CHANGED, "macro \"", "\" requires", "{subject} takes other arguments"},
	{CHANGED, "macro \"", "\" passed", "{subject} takes other arguments"},
	{CHANGED, "assignment of read-only member '", "'", "{subject} must not be written"},
	{CALLBACK, "initialization of '", "'", "another function than {subject} was given"},
	{CALLBACK, "assignment to '", "'", "another function than {subject} was given"},
	{CALLBACK, "incompatible function pointer types initializing '", "'",
	 "another function than {subject} was given"},
	{CALLBACK, "incompatible function pointer types assigning to '", "'",
	 "another function than {subject} was given"},
	{OWN, "conflicting types for '", "'", NULL},
	{OWN, "static declaration of '", "'", NULL},
	{OWN, "redefinition of '", "'", NULL},
};

/* What stands between the texts, owned by the caller; NULL: the line does not hold both. */
static char *between(const char *line, const char *before, const char *after)
{
	const char *begin = strstr(line, before);

	if (!begin)
		return NULL;
	begin += strlen(before);
	const char *end = strstr(begin, after);

	/* The quotes of another name may come first. */
	for (const char *later = begin; end && strlen(after) > strlen(before) &&
					(later = strstr(later, before)) && later < end;)
		begin = later += strlen(before);
	return end ? xstrndup(begin, (size_t)(end - begin)) : NULL;
}

static bool is_known(enum shape shape, const char *name)
{
	switch (shape) {
	case LOST:
		return interface_lost(name);
	case CHANGED:
		return interface_changed(name);
	case CALLBACK:
		return interface_callback(name);
	default:
		return false;
	}
}

static void remember(struct interface_finding *finding, const char *line, const char *subject,
		     const char *detail, bool certain)
{
	text_assign(&finding->line, line);
	text_assign(&finding->subject, subject);
	finding->detail = detail;
	finding->certain = certain;
}

/* Macros of the kernel's headers make these for a module, which has them twice by a slip. */
static bool is_every_modules(const char *name)
{
	return text_equal(name, "init_module") || text_equal(name, "cleanup_module") ||
	       text_starts_with(name, "__");
}

/* False: the error is about something else than an interface. */
static bool look_at_error(struct interface_reading *reading, struct interface_finding *finding,
			  const char *line)
{
	bool shaped = false;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const struct pattern *pattern = &patterns[i];
		cleanup(free_string) char *name = between(line, pattern->before, pattern->after);

		if (!name)
			continue;
		shaped = true;
		if (is_known(pattern->shape, name)) {
			remember(finding, line, name, pattern->detail, true);
			reading->over = true;
		} else if (pattern->shape == LOST && !finding->line) {
			remember(finding, line, name, pattern->detail, false);
		} else if (pattern->shape == OWN && !reading->own && !is_every_modules(name)) {
			reading->own = xstrdup(name);
			reading->line = xstrdup(line);
		}
	}
	return shaped;
}

/* As compilers show the places of headers: from within the kernel's directory, or in full. */
static bool is_in_kernel_headers(const char *line)
{
	static const char *const beginnings[] = {"./include/", "include/", "./arch/", "arch/"};
	static const char *const parts[] = {"/linux-headers-", "/lib/modules/",
					    "/usr/src/kernels/"};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (text_starts_with(line, beginnings[i]))
			return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(line, parts[i]))
			return true;
	return false;
}

/* A second declaration of a name: the note says where the first one is. */
static void look_at_note(struct interface_reading *reading, struct interface_finding *finding,
			 const char *line)
{
	if (!strstr(line, "note: previous ") || !strstr(line, reading->own) ||
	    !is_in_kernel_headers(line))
		return;
	remember(finding, reading->line, reading->own, "it has a {subject} of its own", true);
	reading->over = true;
}

void interface_look_at(struct interface_reading *reading, struct interface_finding *finding,
		       const char *line)
{
	if (reading->over)
		return;
	if (!strstr(line, ": error: ") && !strstr(line, ": fatal error: ")) {
		if (reading->own)
			look_at_note(reading, finding, line);
		return;
	}
	/* Over, too, where no note said that the kernel has the name. */
	if ((reading->own && !finding->line) || !look_at_error(reading, finding, line) ||
	    ++reading->errors == ERRORS)
		reading->over = true;
}

void interface_reading_free(struct interface_reading *reading)
{
	free(reading->own);
	free(reading->line);
	*reading = (struct interface_reading){0};
}
