/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/interface.h"

#include <ctype.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "kernel/kernel.h"

/* Names in the headers of kernels, which packages of the system, not strangers, have put there. */

#define FILE_MAX  ((size_t)4 << 20)
#define TOTAL_MAX ((size_t)128 << 20)

static bool is_part_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool mentions(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += length)
		if ((at == text || !is_part_of_name(at[-1])) && !is_part_of_name(at[length]))
			return true;
	return false;
}

/* Whether a header below the directory has the name. */
static bool directory_mentions(const char *directory, const char *name)
{
	char *const paths[] = {(char *)directory, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t total = 0;
	bool found = false;
	FTSENT *entry;

	while (walk && !found && total < TOTAL_MAX && (entry = fts_read(walk))) {
		cleanup(free_string) char *text = NULL;
		cleanup(error_clear) struct error ignored = {0};
		size_t length = 0;

		if (entry->fts_info != FTS_F || !text_ends_with(entry->fts_name, ".h"))
			continue;
		(void)file_read(entry->fts_path, FILE_MAX, &text, &length, &ignored);
		total += length;
		found = text && mentions(text, name);
	}
	if (walk)
		(void)fts_close(walk);
	return found;
}

/* In one of the two directories that a kernel's headers consist of with Debian. */
static bool headers_have(const char *headers, const char *name)
{
	static const char *const folders[] = {"linux",  "net",         "drm",
					      "sound",  "media",       "scsi",
					      "crypto", "asm-generic", "uapi/linux"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		cleanup(free_string) char *folder = path_join(headers, "include", folders[i], NULL);

		if (directory_mentions(folder, name))
			return true;
	}
	return false;
}

static bool kernel_has(const char *modules, const char *headers, const char *name)
{
	cleanup(free_string) char *source = path_join(modules, "source", NULL);
	cleanup(free_string) char *real = realpath(headers, NULL);
	cleanup(free_string) char *real_source = realpath(source, NULL);

	if (text_ends_with(name, ".h")) {
		cleanup(free_string) char *one = path_join(headers, "include", name, NULL);
		cleanup(free_string) char *other = path_join(source, "include", name, NULL);

		return file_exists(one) || file_exists(other);
	}
	return (real && headers_have(real, name)) ||
	       (real_source && !text_equal(real, real_source) && headers_have(real_source, name));
}

/* A name, or the path of a header, and nothing else that a log might hold. */
static bool is_plain(const char *name)
{
	if (strlen(name) < 4 || strstr(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (!is_part_of_name(*c) && !(c > name && strchr("/.-", *c)))
			return false;
	return true;
}

bool interface_was_in_headers(const struct settings *settings, const struct kernel *kernel,
			      const char *name)
{
	cleanup(strv_free) struct strv releases = {0};
	cleanup(error_clear) struct error ignored = {0};
	const char *release;

	if (!is_plain(name) || kernel_has(kernel->module_directory, kernel->source_directory, name))
		return false;
	(void)kernel_list_with_headers(settings, &releases, &ignored);
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *modules = path_join(settings->install_tree, release,
							       NULL);
		cleanup(free_string) char *headers = path_join(modules, "build", NULL);

		if (!text_equal(release, kernel->id.release) && kernel_has(modules, headers, name))
			return true;
	}
	return false;
}

enum { ERRORS = 5 };

/* An error's statement about a name. */
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

/* Returns the text between two others, owned by the caller; NULL: the line does not hold both. */
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

/* Compilers show the places of headers below the kernel's directory, or in full. */
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
