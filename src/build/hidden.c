/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/hidden.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"

/* What others than its owner may not do, for a file or a directory above it. */
static bool is_closed(const char *path, mode_t bit)
{
	struct stat info;

	return stat(path, &info) == 0 && !(info.st_mode & bit);
}

static bool is_shown(const struct explanation_facts *facts, const char *path)
{
	static const struct strv none = {0};
	const char *shown;

	STRV_FOREACH (shown, facts->visible ? facts->visible : &none)
		if (path_is_within(path, shown))
			return true;
	return false;
}

/* The private directory of a build that lies over the path; NULL: none does. */
static const char *private_place(const struct explanation_facts *facts, const char *path)
{
	const char *const places[] = {"/tmp", "/var/tmp", "/run", "/dev/shm",
				      facts->settings->temporary};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i] && path_is_within(path, places[i]))
			return places[i];
	return NULL;
}

/*
 * The directory above path, or path itself, that a build may not use; owned, or NULL. What is shown
 * in a private directory is reached through that.
 */
static char *closed_part(const struct explanation_facts *facts, const char *path, mode_t bit)
{
	cleanup(free_string) char *real = realpath(path, NULL);
	const char *known = real ? real : path;
	cleanup(free_string) char *parent = path_parent(known);
	bool root = text_equal(parent, "/") || text_equal(parent, ".") ||
		    (private_place(facts, known) && !is_shown(facts, parent));
	char *closed = root ? NULL : closed_part(facts, parent, S_IXOTH);

	if (closed)
		return closed;
	return is_closed(known, bit) ? xstrdup(known) : NULL;
}

static enum presence why_hidden(const struct explanation_facts *facts, const char *path, mode_t bit,
				char **ret_text)
{
	const char *place = is_shown(facts, path) ? NULL : private_place(facts, path);
	cleanup(free_string) char *closed = place ? NULL : closed_part(facts, path, bit);

	if (place)
		*ret_text = text_format(
			"%s is there, but a build does not see it: it has a %s of its own.\n"
			"Put it elsewhere, or set build_sandbox=\"no\" in %s/etc/dkms/%s.conf.",
			path, place, facts->settings->root, facts->id->name);
	else if (closed)
		*ret_text = text_format(
			"%s is there, but a build runs as a user of its own, to whom %s is closed.\n"
			"Open it to others (chmod o+rX %s), or set build_sandbox=\"no\" in "
			"%s/etc/dkms/%s.conf.",
			path, closed, closed, facts->settings->root, facts->id->name);
	else
		return PRESENCE_SEEN;
	return PRESENCE_HIDDEN;
}

static enum presence find_program(const struct explanation_facts *facts, const char *name,
				  char **ret_text)
{
	const char *search = getenv("PATH");
	cleanup(free_string) char *path = strchr(name, '/') ? NULL
							    : process_find_program_on(
								      search ? search : "", name);

	if (name[0] == '/' && file_is_executable(name))
		path = xstrdup(name);
	return path ? why_hidden(facts, path, S_IXOTH, ret_text) : PRESENCE_NONE;
}

/* A header, or a file of kbuild, that a message names as it is below the kernel's directories. */
static enum presence headers_hold(const struct kernel *kernel, const char *name)
{
	static const char *const folders[] = {"", "include", "arch/x86/include", "include/uapi"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		cleanup(free_string) char *one = path_join(kernel->source_directory, folders[i],
							   name, NULL);
		cleanup(free_string) char *other = path_join(kernel->module_directory, "source",
							     folders[i], name, NULL);

		if (file_exists(one) || file_exists(other))
			return PRESENCE_SEEN;
	}
	return PRESENCE_NONE;
}

/* For a program of the machine itself, compiled along the way, or in place of the kernel's own. */
static enum presence system_has_header(const char *name)
{
	cleanup(free_string) char *path = path_join("/usr/include", name, NULL);

	return text_ends_with(name, ".h") && file_exists(path) ? PRESENCE_SEEN : PRESENCE_NONE;
}

enum presence hidden_find(const struct explanation_facts *facts, enum cause_kind kind,
			  const char *subject, char **ret_text)
{
	if (!*subject || strstr(subject, ".."))
		return PRESENCE_NONE;
	switch (kind) {
	case CAUSE_COMPILER_MISSING:
	case CAUSE_TOOL_MISSING:
		return facts->caged ? find_program(facts, subject, ret_text) : PRESENCE_NONE;
	case CAUSE_HEADERS_INCOMPLETE:
	case CAUSE_FILE_MISSING:
		if (subject[0] != '/')
			return kind == CAUSE_HEADERS_INCOMPLETE
				       ? headers_hold(facts->kernel, subject)
				       : system_has_header(subject);
		if (!file_exists(subject))
			return PRESENCE_NONE;
		return facts->caged ? why_hidden(facts, subject, S_IROTH, ret_text) : PRESENCE_SEEN;
	case CAUSE_LIBRARY_MISSING:
		return system_has_header(subject);
	default:
		return PRESENCE_NONE;
	}
}
