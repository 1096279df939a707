/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/trace_worker.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "fingerprint/cmd_file.h"

typedef FTS file_walk;
DEFINE_CLEANUP(file_walk *, fts_close)

/* Returns a text that changes with each change of the file's content. */
static char *state_of(const struct stat *status)
{
	return text_format("%ju %jd %jd.%09ld", (uintmax_t)status->st_ino,
			   (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec,
			   status->st_mtim.tv_nsec);
}

typedef int visit_function(void *context, const char *name, const FTSENT *entry,
			   struct error *error);

/* Calls visit for every file and link, with its name below the directory. */
static int walk_files(const char *directory, visit_function *visit, void *context,
		      struct error *error)
{
	char *const paths[] = {(char *)directory, NULL};
	cleanup(fts_close_handler) FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	if (!walk)
		return error_errno(error, -errno, 0, "Cannot read %s", directory);
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			return error_errno(error, -entry->fts_errno, 0, "Cannot read %s",
					   entry->fts_path);
		if ((entry->fts_info == FTS_F || entry->fts_info == FTS_SL ||
		     entry->fts_info == FTS_SLNONE) &&
		    visit(context, entry->fts_path + strlen(directory) + 1, entry, error) < 0)
			return error->code;
	}
	return 0;
}

static int keep_state(void *context, const char *name, const FTSENT *entry, struct error *error)
{
	struct snapshot *snapshot = context;

	(void)error;
	free(strmap_set(&snapshot->files, name, state_of(entry->fts_statp)));
	return 0;
}

int snapshot_take(const char *directory, struct snapshot *snapshot, struct error *error)
{
	return walk_files(directory, keep_state, snapshot, error);
}

void snapshot_free(struct snapshot *snapshot)
{
	strmap_free(&snapshot->files, free);
	*snapshot = (struct snapshot){0};
}

/* The build directory is the process's own directory (fingerprint/trace_worker.c). */
static const char here[] = ".";

struct tracer {
	const struct trace_request *request;
	struct build_trace *trace;
	struct strmap *noted; /* paths, as spelled, of headers that need no second look */
};

/* True if the file was there before any command ran, and nothing has touched it since. */
static bool is_source(const struct tracer *tracer, const char *name)
{
	const char *then = strmap_get(&tracer->request->snapshot->files, name);
	struct stat status;

	if (!then || lstat(name, &status) < 0)
		return false;
	cleanup(free_string) char *now = state_of(&status);

	return text_equal(then, now);
}

void trace_set_reason(char **reason, char *owned_text)
{
	if (*reason)
		free(owned_text);
	else
		*reason = owned_text;
}

/* The name below the build directory of a path as the commands spelled it, or NULL. */
static char *own_name(const struct tracer *tracer, const char *path)
{
	const char *const directories[] = {tracer->request->shown_build, tracer->request->build};
	cleanup(free_string) char *plain = path_normalize(path);

	for (size_t i = 0; plain && i < 2; i++)
		if (path_is_within(plain, directories[i]) && !text_equal(plain, directories[i]))
			return xstrdup(plain + strlen(directories[i]) + 1);
	return NULL;
}

/* True for objects that kbuild adds to every module. They hold the kernel's name (vermagic). */
static bool is_kbuilds_own(const char *target)
{
	return text_ends_with(target, ".mod.o") || text_ends_with(target, ".module-common.o");
}

/* Nothing in it is special: neither "." nor "..", nor what could command a terminal. */
static bool is_plain(const char *path)
{
	cleanup(free_string) char *plain = path_normalize(path);
	cleanup(free_string) char *shown = text_printable(path, PATH_MAX);

	return text_equal(plain, path) && text_equal(shown, path) && !text_equal(path, here);
}

/*
 * The build writes the records: what they name is looked at only where headers are, and only if
 * everybody may look at it. Else its digest would tell something.
 */
enum trace_place trace_place_of(const char *name)
{
	static const char *const trees[] = {"objtree/", "srctree/"};
	static const char *const places[] = {"/usr/", "/opt/", "/lib/", "/lib64/", "/nix/store/"};

	if (!is_plain(name))
		return TRACE_NOWHERE;
	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++)
		if (text_starts_with(name, trees[i]))
			return TRACE_KERNEL;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (text_starts_with(name, places[i]))
			return TRACE_SYSTEM;
	return TRACE_NOWHERE;
}

static void take_digest(const struct tracer *tracer, const char *name)
{
	struct build_trace *trace = tracer->trace;
	enum trace_place place = trace_place_of(name);
	cleanup(error_clear) struct error error = {0};
	const char *digest = "";

	if (place == TRACE_NOWHERE) {
		trace_set_reason(&trace->unfit, text_format("it was compiled with %s", name));
	} else if (trace->headers.count >= TRACE_HEADERS_MAX) {
		trace_set_reason(&trace->unfit, text_format("it was compiled with more than %d "
							    "headers",
							    TRACE_HEADERS_MAX));
	} else if (place == TRACE_SYSTEM &&
		   headers_digest(tracer->request->headers, name, &digest, &error) < 0) {
		trace_set_reason(&trace->unfit, TAKE(error.message));
	} else {
		free(strmap_set(&trace->headers, name, xstrdup(digest)));
	}
}

static int note_header(const struct tracer *tracer, const char *path, bool own, struct error *error)
{
	struct build_trace *trace = tracer->trace;
	struct headers *headers = tracer->request->headers;
	cleanup(free_string) char *name = headers_name(headers, path);

	(void)error;
	if (headers_is_naming(name)) {
		if (own)
			trace_set_reason(
				&trace->unfit,
				text_format("it was compiled with %s, which names the kernel",
					    name));
		return 0;
	}
	(void)strmap_set(tracer->noted, path, trace);
	if (strmap_get(&trace->headers, name))
		return 0;
	if (*name == '/' && strstr(name, headers->kernel->id.release))
		trace_set_reason(&trace->unfit, text_format("it was compiled with %s", name));
	take_digest(tracer, name);
	return 0;
}

static int note_dependency(const struct tracer *tracer, const struct cmd_file *file,
			   const char *dependency, struct error *error)
{
	const struct trace_request *request = tracer->request;
	const char *directory = *file->target == '/' ? request->headers->real_object_tree
						     : request->shown_build;
	cleanup(free_string) char *path = *dependency == '/'
						  ? xstrdup(dependency)
						  : path_join(directory, dependency, NULL);

	if (strmap_get(tracer->noted, path))
		return 0;
	cleanup(free_string) char *name = own_name(tracer, path);
	bool own = !is_kbuilds_own(file->target);

	if (!name)
		return note_header(tracer, path, own, error);
	if (own && !is_source(tracer, name))
		trace_set_reason(&tracer->trace->probing,
				 text_format("its build makes %s itself", name));
	return 0;
}

static void check_command(const struct tracer *tracer, const struct cmd_file *file)
{
	cleanup(free_string) char *command = headers_neutral_text(tracer->request->headers,
								  file->command);

	if (strstr(command, "<release>"))
		trace_set_reason(&tracer->trace->unfit,
				 text_format("the compiler was told the kernel's name for %s",
					     path_basename(file->target)));
}

static int take_record(const struct tracer *tracer, const char *path, struct error *error)
{
	cleanup(cmd_file_free) struct cmd_file file = {0};
	const char *dependency;
	cleanup(error_clear) struct error damage = {0};

	if (cmd_file_read(path, &file, &damage) < 0) {
		trace_set_reason(&tracer->trace->unfit, text_format("%s", damage.message));
		return 0;
	}
	if (!file.compiled)
		return 0;
	if (!is_kbuilds_own(file.target))
		check_command(tracer, &file);
	STRV_FOREACH (dependency, &file.dependencies)
		if (note_dependency(tracer, &file, dependency, error) < 0)
			return error->code;
	return 0;
}

/* True if kbuild's record of making DIRECTORY/FILE is there. */
static bool has_record(const char *file)
{
	cleanup(free_string) char *directory = path_parent(file);
	cleanup(free_string) char *record = text_format("%s/.%s.cmd", directory,
							path_basename(file));

	return file_is_regular(record);
}

static int visit_file(void *context, const char *name, const FTSENT *entry, struct error *error)
{
	const struct tracer *tracer = context;

	if (text_starts_with(entry->fts_name, ".") && text_ends_with(entry->fts_name, ".cmd"))
		return entry->fts_info == FTS_F && !is_source(tracer, name)
			       ? take_record(tracer, entry->fts_path, error)
			       : 0;
	if ((text_ends_with(name, ".o") || text_ends_with(name, ".a")) &&
	    !is_source(tracer, name) && !has_record(entry->fts_path))
		trace_set_reason(&tracer->trace->unfit,
				 text_format("there is no record of how %s was made", name));
	return 0;
}

/* Both what kbuild compiled last for each module and what it linked must be on record. */
static void check_products(const struct tracer *tracer)
{
	static const char *const suffixes[] = {".ko", ".mod.o"};
	const char *product;

	STRV_FOREACH (product, tracer->request->products)
		for (size_t i = 0; i < 2; i++) {
			cleanup(free_string) char *file = text_format("%s%s", product, suffixes[i]);

			if (!has_record(file))
				trace_set_reason(
					&tracer->trace->unfit,
					text_format("there is no record of how %s%s was made",
						    product, suffixes[i]));
		}
}

int trace_gather(const struct trace_request *request, struct build_trace *ret_trace,
		 struct error *error)
{
	struct build_trace trace = {0};
	struct strmap noted = {0};
	struct tracer tracer = {request, &trace, &noted};
	int code = walk_files(here, visit_file, &tracer, error);

	strmap_free(&noted, NULL);
	if (code < 0) {
		build_trace_free(&trace);
		return code;
	}
	check_products(&tracer);
	*ret_trace = trace;
	return 0;
}

void build_trace_free(struct build_trace *trace)
{
	strmap_free(&trace->headers, free);
	free(trace->probing);
	free(trace->unfit);
	*trace = (struct build_trace){0};
}
