/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/hidden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "cage/worker.h"

enum { TEXT_LIMIT = 65536 };

/* The worker's input. */
struct question {
	const struct explanation_facts *facts;
	enum cause_kind kind;
	const char *subject;
	const char *program; /* where root's PATH has it; NULL: nowhere */
	/* A directory that the cage shows, wherever it is: opened, because the worker may not get
	 * there. -1: the path is below none. */
	const char *shown;
	int shown_fd;
};

/* How a path looks to the worker. */
enum sight { IS_THERE, IS_CLOSED, IS_MISSING };

static enum sight look_at(const struct question *question, const char *path, struct stat *info)
{
	bool shown = question->shown_fd >= 0 && path_is_within(path, question->shown);
	const char *below = shown ? path + strlen(question->shown) : path;
	int code = !shown   ? stat(path, info)
		   : *below ? fstatat(question->shown_fd, below + 1, info, 0)
			    : fstat(question->shown_fd, info);

	return code == 0 ? IS_THERE : errno == EACCES ? IS_CLOSED : IS_MISSING;
}

static enum sight find(const struct question *question, const char *path)
{
	struct stat info;

	return look_at(question, path, &info);
}

/* Not for others than its owner, for a file or a directory above it. */
static bool is_closed(const struct question *question, const char *path, mode_t bit)
{
	struct stat info;
	enum sight sight = look_at(question, path, &info);

	return sight == IS_CLOSED || (sight == IS_THERE && !(info.st_mode & bit));
}

/* The directory that the cage shows, and that holds the path; NULL: none does. */
static const char *shown_above(const struct explanation_facts *facts, const char *path)
{
	static const struct strv none = {0};
	const char *shown;

	STRV_FOREACH (shown, facts->visible ? facts->visible : &none)
		if (path_is_within(path, shown))
			return shown;
	return NULL;
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
 * Returns path, or the directory above it, that a build may not use; owned, or NULL. Paths that are
 * shown in a private directory are reachable through it.
 */
static char *closed_part(const struct question *question, const char *path, mode_t bit)
{
	const struct explanation_facts *facts = question->facts;
	cleanup(free_string) char *real = realpath(path, NULL);
	const char *known = real ? real : path;
	cleanup(free_string) char *parent = path_parent(known);
	bool root = text_equal(parent, "/") || text_equal(parent, ".") ||
		    (private_place(facts, known) && !shown_above(facts, parent));
	char *closed = root ? NULL : closed_part(question, parent, S_IXOTH);

	if (closed)
		return closed;
	return is_closed(question, known, bit) ? xstrdup(known) : NULL;
}

static enum presence why_hidden(const struct question *question, const char *path, mode_t bit,
				char **ret_text)
{
	const struct explanation_facts *facts = question->facts;
	const char *place = shown_above(facts, path) ? NULL : private_place(facts, path);
	cleanup(free_string) char *closed = place ? NULL : closed_part(question, path, bit);

	if (place)
		*ret_text = text_format(
			"%s is there, but a build does not see it: it has a %s of its own.\n"
			"Put it elsewhere, or set build_sandbox=\"no\" in %s/etc/dkms/%s.conf.",
			path, place, facts->settings->root, facts->id->name);
	else if (closed)
		*ret_text = text_format(
			"%s%s a build runs as a user of its own, to whom %s is closed.\n"
			"Open it to others (chmod o+rX %s), or set build_sandbox=\"no\" in "
			"%s/etc/dkms/%s.conf.",
			path,
			question->program || find(question, path) == IS_THERE
				? " is there, but"
				: " may be there, but is out of reach:",
			closed, closed, facts->settings->root, facts->id->name);
	else
		return PRESENCE_SEEN;
	return PRESENCE_HIDDEN;
}

/* The program by its path, owned: root looks where its own PATH leads, and nowhere else. */
static char *find_program(const char *name)
{
	const char *search = getenv("PATH");

	return strchr(name, '/') ? NULL : process_find_program_on(search ? search : "", name);
}

static enum presence explain_program(const struct question *question, char **ret_text)
{
	const char *path = question->program ? question->program : question->subject;

	if (*path != '/' || (!question->program && find(question, path) == IS_MISSING))
		return PRESENCE_NONE;
	return why_hidden(question, path, S_IXOTH, ret_text);
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

/* A file that the log names by its full path. */
static enum presence explain_file(const struct question *question, char **ret_text)
{
	enum sight sight = find(question, question->subject);

	if (sight == IS_MISSING || (sight == IS_CLOSED && !question->facts->caged))
		return PRESENCE_NONE;
	return question->facts->caged ? why_hidden(question, question->subject, S_IROTH, ret_text)
				      : PRESENCE_SEEN;
}

static enum presence explain(const struct question *question, char **ret_text)
{
	const char *subject = question->subject;

	switch (question->kind) {
	case CAUSE_COMPILER_MISSING:
	case CAUSE_TOOL_MISSING:
		return question->facts->caged ? explain_program(question, ret_text) : PRESENCE_NONE;
	case CAUSE_HEADERS_INCOMPLETE:
		return *subject == '/' ? explain_file(question, ret_text)
				       : headers_hold(question->facts->kernel, subject);
	case CAUSE_FILE_MISSING:
		return *subject == '/' ? explain_file(question, ret_text)
				       : system_has_header(subject);
	case CAUSE_LIBRARY_MISSING:
		return system_has_header(subject);
	default:
		return PRESENCE_NONE;
	}
}

/* In the worker. */
static int look(void *context, struct answer *answer, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	enum presence presence = explain(context, &text);

	(void)error;
	answer_put_number(answer, presence);
	answer_put_text(answer, text);
	return 0;
}

static bool is_answer(uint64_t presence, const char *text)
{
	return presence <= PRESENCE_SEEN && (presence == PRESENCE_HIDDEN) == (text != NULL);
}

/* A stranger's log chose the path: a process without rights looks there. */
static enum presence ask(struct question *question, char **ret_text)
{
	const struct worker worker = {
		.purpose = "looking for what a build misses",
		.work = look,
		.context = question,
		.fds = &question->shown_fd,
		.fd_count = question->shown_fd >= 0 ? 1 : 0,
		.opens_files = true,
	};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(error_clear) struct error error = {0};
	uint64_t presence = PRESENCE_NONE;
	cleanup(free_string) char *text = NULL;

	if (worker_run(&worker, &answer, &error) < 0 || answer_number(&answer, &presence) < 0 ||
	    answer_text(&answer, &text, TEXT_LIMIT) < 0 || !is_answer(presence, text)) {
		return PRESENCE_NONE; /* then it is only not explained so well */
	}
	*ret_text = TAKE(text);
	return (enum presence)presence;
}

enum presence hidden_find(const struct explanation_facts *facts, enum cause_kind kind,
			  const char *subject, char **ret_text)
{
	bool program = kind == CAUSE_COMPILER_MISSING || kind == CAUSE_TOOL_MISSING;
	bool file = kind == CAUSE_HEADERS_INCOMPLETE || kind == CAUSE_FILE_MISSING ||
		    kind == CAUSE_LIBRARY_MISSING;

	if (!*subject || strstr(subject, "..") || !(file || (program && facts->caged)))
		return PRESENCE_NONE;
	cleanup(free_string) char *found = program ? find_program(subject) : NULL;
	const char *shown = shown_above(facts, found ? found : subject);
	cleanup(close_fd) int fd = shown ? open(shown, O_PATH | O_CLOEXEC) : -1;
	struct question question = {facts, kind, subject, found, shown, fd};

	return ask(&question, ret_text);
}
