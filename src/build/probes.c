/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/fronts.h"
#include "shim/compiler.h"
#include "shim/remembered.h"
#include "tree/layout.h"

/* Bound for the store; the answers of one kernel take a kilobyte. */
enum { LIMIT = 256 << 10 };

/* The records of a file, one after the other; others are left out. An unreadable file has none. */
static void read_records(const char *path, struct buffer *records)
{
	cleanup(free_string) char *data = NULL;
	cleanup(error_clear) struct error error = {0};
	size_t length;

	if (file_read_nofollow(path, LIMIT, &data, &length, &error) < 0)
		return;
	for (size_t at = 0, record; at < length; at += record) {
		const char *end = memchr(data + at, '\n', length - at);

		record = memory_record_length(data + at, length - at);
		if (record)
			buffer_add(records, data + at, record);
		else
			record = end ? (size_t)(end - data) + 1 - at : length - at;
	}
}

static bool has_record(const struct buffer *records, const char *record)
{
	for (size_t at = 0; at < records->length;) {
		if (memcmp(records->data + at, record, MEMORY_KEY_LENGTH) == 0)
			return true;
		at += memory_record_length(records->data + at, records->length - at);
	}
	return false;
}

/* Adds what is new. When the memory is full, the old is forgotten. */
static void merge(struct buffer *records, const struct buffer *more)
{
	if (records->length + more->length > LIMIT)
		buffer_free(records);
	for (size_t at = 0, record; at < more->length; at += record) {
		record = memory_record_length(more->data + at, more->length - at);
		if (!has_record(records, more->data + at))
			buffer_add(records, more->data + at, record);
	}
}

/* A file of the view, which need not survive anything. */
static bool put_file(const char *path, const struct buffer *content, uid_t owner)
{
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
					0644);

	return fd >= 0 && file_write_all(fd, content->data, content->length) == 0 &&
	       fchown(fd, owner, (gid_t)owner) == 0;
}

/* That a kernel's probes are known, for its compiler: a record like an answer. */
static bool make_mark(const struct builder *builder, const char *search, memory_record record)
{
	const struct kernel *kernel = builder->request->kernel;
	const char *name = builder->toolchain.cc ? builder->toolchain.cc : "gcc";
	cleanup(free_string) char *headers = realpath(kernel->source_directory, NULL);
	struct memory_key key = memory_key_start();
	char compiler[PATH_MAX];
	struct stat info;

	if (!headers || !kernel->config_path || stat(kernel->config_path, &info) < 0 ||
	    !behind_search(search, name, NULL, compiler) ||
	    !compiler_add_identity(compiler, search, &key))
		return false;
	const uint64_t facts[] = {info.st_ino, (uint64_t)info.st_size,
				  (uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec};

	memory_key_add_text(&key, "compiler and shell"); /* who is asked */
	memory_key_add_text(&key, headers);
	memory_key_add(&key, facts, sizeof(facts));
	return memory_format(&key, "0", record) > 0;
}

/* kbuild over nothing: it asks all its questions before it looks for modules. False: not run. */
static bool run_kbuild(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	const struct workspace *workspace = builder->workspace;
	static const struct buffer nothing = {.data = (char *)"obj-m :=\n", .length = 9};
	static const int no_fds[2] = {-1, -1};
	cleanup(free_string) char *kbuild = path_join(workspace->build, "Kbuild", NULL);
	cleanup(strv_free) struct strv argv = {0};
	cleanup(error_clear) struct error error = {0};
	int status = -1;

	strv_split(&argv, "make -s", " ");
	strv_add_format(&argv, "--directory=%s", request->kernel->source_directory);
	strv_add_format(&argv, "KERNELRELEASE=%s", request->kernel->id.release);
	strv_add_format(&argv, "M=%s", workspace->shown_build);
	const struct process process = {.argv = strv_argv(&argv),
					.env = strv_argv(&builder->environment),
					.directory = workspace->shown_build,
					.stdout_fd = -1,
					.stderr_fd = -1};

	bool ran = put_file(kbuild, &nothing, builder->cage->owner) &&
		   cage_run(builder->cage, &process, no_fds, &status, &error) == 0;

	return ran;
}

/* Adds what was found out to the memory, under its lock. */
static void keep(const char *store, const struct buffer *answers, struct buffer *known)
{
	cleanup(free_string) char *path = path_join(store, "answers", NULL);
	cleanup(error_clear) struct error error = {0};

	buffer_free(known);
	read_records(path, known);
	merge(known, answers);
	(void)file_write(path, known->data, known->length, 0644, &error);
}

/* Unless another build is about it: then this one goes on without. */
static void learn(const struct builder *builder, const char *store, const char *learned,
		  const char *mark, struct buffer *known)
{
	cleanup(error_clear) struct error error = {0};
	struct buffer answers = {0};

	if (directory_make_private(store, &error) < 0)
		return;
	cleanup(close_fd) int lock = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return;
	if (run_kbuild(builder)) {
		read_records(learned, &answers);
		buffer_add_text(&answers, mark);
		keep(store, &answers, known);
	}
	buffer_free(&answers);
}

void probes_prepare(struct builder *builder)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *directory = fronts_directory(builder);
	cleanup(free_string) char *known_path = path_join(directory, "known", NULL);
	cleanup(free_string) char *learned = path_join(directory, "learned", NULL);
	cleanup(free_string) char *store = layout_cache(request->settings, "probes");
	cleanup(free_string) char *answers = path_join(store, "answers", NULL);
	const char *search = environment_get(&builder->environment, "PATH");
	memory_record mark;
	const struct buffer nothing = {0};
	struct buffer known = {0};

	if (builder->cage->kind != CAGE_FULL ||
	    !put_file(learned, &nothing, builder->cage->owner) ||
	    !request->settings->remember_probes ||
	    !make_mark(builder, search ? search : "", mark) || !fronts_lay_compilers(builder))
		return;
	read_records(answers, &known);
	(void)put_file(known_path, &known, 0);
	if (request->learn_probes && !has_record(&known, mark)) {
		learn(builder, store, learned, mark, &known);
		(void)put_file(learned, &nothing, builder->cage->owner);
		(void)put_file(known_path, &known, 0);
	}
	buffer_free(&known);
}
