/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/explanation.h"
#include "cage/worker.h"
#include "reuse/record.h"
#include "tree/layout.h"

enum {
	LINE_SIZE = 4096, /* longer lines are examined in pieces */
	SHOWN_LENGTH = 300,
	TEXT_LIMIT = 4096, /* of one report of the worker */
	COMPILER_ERRORS = 5,
	OTHER_ERRORS = 3,
	LAST_LINES = 3,
	PART = 8 << 20, /* of a log that is longer than two of these, the middle is skipped */
};

/* The line that ends a command's block in the log. */
#define RULE "--------------------------------"

static bool contains_one_of(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strstr(line, *words))
			return true;
	return false;
}

/* Compiler, linker and modpost say what is wrong with the code itself. */
static bool is_compiler_error(const char *line)
{
	static const char *const words[] = {
		": error:", ": fatal error:", "ERROR: modpost:", ": undefined reference to", NULL,
	};

	return contains_one_of(line, words);
}

/* make and the shell say what is wrong around it. */
static bool is_other_error(const char *line)
{
	static const char *const words[] = {
		" *** ",
		": command not found",
		": not found",
		": No such file or directory",
		"Error! ",
		"Error: ",
		"ERROR: ",
		"error: ",
		": Permission denied",
		"No space left on device",
		" FAILED at ",
		NULL,
	};

	return contains_one_of(line, words);
}

struct reader {
	struct diagnosis found;
	struct strv others; /* errors of make and the shell */
	struct strv last;   /* what the last command said in the end */
	bool in_command;
};

static void add_error(struct strv *errors, const char *line, size_t limit)
{
	cleanup(free_string) char *shown = text_printable(line, SHOWN_LENGTH);

	if (errors->count < limit && !strv_contains(errors, shown))
		strv_add_owned(errors, TAKE(shown));
}

static void keep_last(struct strv *last, const char *line)
{
	if (last->count == LAST_LINES) {
		free(last->items[0]);
		memmove(last->items, last->items + 1, LAST_LINES * sizeof(*last->items));
		last->count--;
	}
	strv_add_owned(last, text_printable(line, SHOWN_LENGTH));
}

/* The log's own lines begin with '#': "# command: …", "# exit code: …". */
static void look_at(struct reader *reader, const char *line)
{
	if (text_starts_with(line, "# command: ")) {
		reader->in_command = true;
		strv_free(&reader->last);
		return;
	}
	cause_findings_look_at(&reader->found.causes, line);
	if (*line == '#')
		return;
	if (is_compiler_error(line))
		add_error(&reader->found.errors, line, COMPILER_ERRORS);
	else if (is_other_error(line))
		add_error(&reader->others, line, OTHER_ERRORS);
	if (reader->in_command && *line && !text_starts_with(line, RULE))
		keep_last(&reader->last, line);
}

static void reader_free(struct reader *reader)
{
	diagnosis_free(&reader->found);
	strv_free(&reader->others);
	strv_free(&reader->last);
}

/* Lines from here on until the position; false: the log ends before. */
static bool read_lines(struct reader *reader, FILE *file, off_t end)
{
	char line[LINE_SIZE];

	while (ftello(file) < end) {
		if (!fgets(line, sizeof(line), file))
			return false;
		line[strcspn(line, "\n")] = '\0';
		look_at(reader, line);
	}
	return true;
}

/* The log is a stranger's words: however many there are, reading them ends soon. */
static int read_log(struct reader *reader, FILE *file)
{
	struct stat info;

	if (fstat(fileno(file), &info) < 0)
		return -errno;
	if (read_lines(reader, file, PART) && info.st_size > 2 * (off_t)PART &&
	    fseeko(file, info.st_size - PART, SEEK_SET) < 0)
		return -errno;
	(void)read_lines(reader, file, info.st_size);
	return ferror(file) ? -EIO : 0;
}

/* Without errors of a compiler, those of make and the shell count, and then the last lines. */
static void choose_errors(struct reader *reader)
{
	if (!reader->found.errors.count)
		strv_add_all(&reader->found.errors,
			     reader->others.count ? &reader->others : &reader->last);
}

static void put_findings(struct answer *answer, const struct diagnosis *found)
{
	const char *line;

	answer_put_number(answer, found->errors.count);
	STRV_FOREACH (line, &found->errors)
		answer_put_text(answer, line);
	for (size_t i = 0; i < CAUSES; i++) {
		const struct cause_finding *finding = &found->causes.items[i];

		answer_put_text(answer, finding->line);
		answer_put_text(answer, finding->subject);
		answer_put_text(answer, finding->detail);
		answer_put_number(answer, finding->doubtful);
	}
}

/* In the worker. */
static int diagnose(void *context, struct answer *answer, struct error *error)
{
	cleanup(fclose_handler) FILE *file = fdopen(*(const int *)context, "r");
	cleanup(reader_free) struct reader reader = {0};
	int code = file ? read_log(&reader, file) : -errno;

	if (code < 0)
		return error_errno(error, code, 0, "Cannot read it");
	choose_errors(&reader);
	put_findings(answer, &reader.found);
	return 0;
}

/* Takes a text without characters that cannot be shown. */
static int take_text(struct answer *answer, char **ret_text)
{
	cleanup(free_string) char *text = NULL;

	if (answer_text(answer, &text, TEXT_LIMIT) < 0)
		return -EPROTO;
	*ret_text = text ? text_printable(text, TEXT_LIMIT) : NULL;
	return 0;
}

static int take_cause(struct answer *answer, struct cause_finding *finding)
{
	uint64_t doubtful;

	if (take_text(answer, &finding->line) < 0 || take_text(answer, &finding->subject) < 0 ||
	    take_text(answer, &finding->detail) < 0 || answer_number(answer, &doubtful) < 0 ||
	    doubtful > 1 || !finding->line != !finding->subject)
		return -EPROTO;
	finding->doubtful = doubtful;
	return 0;
}

static int take_findings(struct answer *answer, struct diagnosis *found)
{
	uint64_t count;

	if (answer_number(answer, &count) < 0 || count > COMPILER_ERRORS + OTHER_ERRORS)
		return -EPROTO;
	for (uint64_t i = 0; i < count; i++) {
		char *line = NULL;

		if (take_text(answer, &line) < 0 || !line)
			return -EPROTO;
		strv_add_owned(&found->errors, line);
	}
	for (size_t i = 0; i < CAUSES; i++)
		if (take_cause(answer, &found->causes.items[i]) < 0)
			return -EPROTO;
	return answer_end(answer);
}

int diagnosis_read(const char *log, struct diagnosis *ret_diagnosis, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading %s", log);
	cleanup(diagnosis_free) struct diagnosis found = {0};
	cleanup(close_fd) int fd = open(log, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = purpose, .work = diagnose, .context = &fd, .fds = &fd, .fd_count = 1};

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", log);
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (take_findings(&answer, &found) < 0)
		return worker_nonsense(&worker, error);
	*ret_diagnosis = found;
	found = (struct diagnosis){0};
	return 0;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	strv_free(&diagnosis->errors);
	cause_findings_free(&diagnosis->causes);
}

/* True if nothing but another source, kernel or set of programs would help. */
static bool is_lasting(const struct diagnosis *found)
{
	static const enum cause_kind passing[] = {CAUSE_OUT_OF_MEMORY,   CAUSE_DISK_FULL,
						  CAUSE_PROCESS_LIMIT,   CAUSE_HEADERS_INCOMPLETE,
						  CAUSE_NETWORK_REFUSED, CAUSE_WRITE_REFUSED,
						  CAUSE_RIGHT_REFUSED,   CAUSE_ACCESS_REFUSED};
	static const char *const signs[] = {"Killed", "Terminated", "Segmentation fault",
					    "internal compiler error"};
	bool by_itself = false;
	const char *line;

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (found->causes.items[passing[i]].line)
			return false;
	STRV_FOREACH (line, &found->errors) {
		for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
			if (strstr(line, signs[i]))
				return false;
		by_itself |= strcasestr(line, "error") || strstr(line, "***");
	}
	return by_itself;
}

/* For autoinstall, which need not try it again. That it cannot be remembered does no harm. */
static void remember(const struct builder *builder, const char *log, const struct error *failure)
{
	struct reuse_context context = {0};
	const struct reuse_request request = {
		.context = &context,
		.settings = builder->request->settings,
		.id = builder->request->id,
		.package = builder->request->package,
		.kernel = builder->request->kernel,
	};
	cleanup(error_clear) struct error problem = {0};

	(void)failed_remember(&request, error_exit_status(failure), log, &problem);
	reuse_context_free(&context);
}

/* An explanation may hold the line that it is about. */
static bool is_told(const struct explanation *explanation, const char *line)
{
	const char *text;

	STRV_FOREACH (text, &explanation->texts)
		if (strstr(text, line))
			return true;
	return false;
}

/* Compiler or modpost have found something that no download would change. */
static bool is_about_code(const struct strv *errors)
{
	const char *line;

	STRV_FOREACH (line, errors)
		if (strstr(line, ": error:") || strstr(line, "ERROR: modpost"))
			return true;
	return false;
}

void failure_explain(const struct builder *builder, const char *log, struct error *error)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *link = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *source = realpath(link, NULL);
	cleanup(free_string) char *command = text_format(
		"%s\n%s", request->package->pre_build ? request->package->pre_build : "",
		request->package->make_command ? request->package->make_command : "");
	cleanup(strv_free) struct strv hidden = {0}, visible = {0};

	visible_paths(request, &builder->environment, &hidden, &visible);
	struct explanation_facts facts = {
		.settings = request->settings,
		.distro = request->distro,
		.id = request->id,
		.kernel = request->kernel,
		.caged = builder->cage && builder->cage->kind == CAGE_FULL,
		.processes_told = builder->cage &&
				  cage_limit_hit(builder->cage) == CAGE_LIMIT_PROCESSES,
		.network = request->package->policy.build_network,
		.in_source = request->package->policy.build_in_source,
		.source = source,
		.link = link,
		.build = builder->workspace->build,
		.command = command,
		.visible = &visible,
	};
	cleanup(diagnosis_free) struct diagnosis found = {0};
	cleanup(explanation_free) struct explanation explanation = {0};
	cleanup(error_clear) struct error reading = {0};
	const char *line;

	if (diagnosis_read(log, &found, &reading) < 0)
		return;
	facts.network_tried = builder->cage && cage_tried_network(builder->cage) &&
			      !is_about_code(&found.errors);
	if (!builder->request->only_cache && !facts.network_tried && builder->make_status > 0 &&
	    builder->make_status < 128 && is_lasting(&found))
		remember(builder, log, error);
	explain_causes(&found.causes, &facts, &explanation);
	STRV_FOREACH (line, &found.errors)
		if (!is_told(&explanation, line))
			(void)error_hint(error, "  %s", line);
	STRV_FOREACH (line, &explanation.texts)
		(void)error_hint(error, "%s", line);
}

/* Ubuntu collects failed builds. Nothing depends on whether it works. */
static void call_apport(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *apport = settings_path(request->settings,
							  "/usr/share/apport/apport");
	cleanup(free_string) char *hook = settings_path(
		request->settings, "/usr/share/apport/package-hooks/dkms_packages.py");
	const char *const argv[] = {hook,
				    "-m",
				    request->id->name,
				    "-v",
				    request->id->version,
				    "-k",
				    request->kernel->id.release,
				    NULL};
	const struct process process = {
		.argv = (char *const *)argv, .stdout_fd = -1, .stderr_fd = -1};
	cleanup(error_clear) struct error error = {0};
	int status;

	if (file_is_executable(apport) && file_is_executable(hook))
		(void)process_run(&process, &status, &error);
}

void failure_report(const struct builder *builder, struct error *error)
{
	cleanup(free_string) char *log = path_join(builder->workspace->shown_build, "make.log",
						   NULL);
	cleanup(error_clear) struct error keeping = {0};

	if (error->code == -EINTR)
		return; /* called off, not failed */
	if (!builder->request->only_cache)
		failed_forget(builder->request->settings, builder->request->id,
			      &builder->request->kernel->id);
	if (error->code == -ECHILD || error->exit_status == EXIT_NO_PRODUCT)
		failure_explain(builder, builder->workspace->log, error);
	if (builder->request->only_cache)
		return;
	if (workspace_keep_build(builder->workspace, &keeping) < 0)
		(void)error_hint(error, "Its make.log could not be kept: %s", keeping.message);
	else
		(void)error_hint(error, "Consult %s for more information.", log);
	call_apport(builder);
}
