/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
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
#include "shim/compiler.h"
#include "tree/layout.h"

/*
 * The fronts (src/shim/) that a caged build meets in the place of programs. It finds
 * compiler-front and make-front in a directory of links that is first on its PATH, and
 * shell-front as /bin/sh itself. Each of them starts what it stands before.
 */

static const char directory_name[] = ".front"; /* in the view */

char *fronts_find(const char *name)
{
	cleanup(free_string) char *self = file_readlink("/proc/self/exe");
	cleanup(free_string) char *directory = self ? path_parent(self) : NULL;

	if (!directory)
		return NULL;
	/* Where it is installed, and beside dkms where it was made. */
	cleanup(free_string) char *installed = path_join(directory, "../lib/dkms", name, NULL);
	cleanup(free_string) char *made = path_join(directory, name, NULL);

	if (file_is_executable(made))
		return TAKE(made);
	return file_is_executable(installed) ? realpath(installed, NULL) : NULL;
}

/* dash ignores where it is; other shells may not. */
char *fronts_shell(void)
{
	cleanup(free_string) char *shell = realpath("/bin/sh", NULL);

	if (!shell || !text_equal(path_basename(shell), "dash"))
		return NULL;
	return fronts_find("shell-front");
}

/* The directory where it is outside the cage, owned by the caller. */
static char *fronts_directory(const struct builder *builder)
{
	return path_join(builder->workspace->view, directory_name, NULL);
}

/* A link for each name, if the front is installed. */
static bool make_links(const char *front, const char *directory, const struct strv *names)
{
	cleanup(free_string) char *program = fronts_find(front);
	const char *name;

	if (!program)
		return false;
	STRV_FOREACH (name, names) {
		cleanup(free_string) char *link = path_join(directory, name, NULL);

		if (symlink(program, link) < 0)
			return false;
	}
	return true;
}

void fronts_lay(struct builder *builder)
{
	static const char *const makes[] = {"make", "gmake"};
	cleanup(free_string) char *directory = fronts_directory(builder);
	cleanup(free_string) char *shown = path_join(builder->workspace->home, directory_name,
						     NULL);
	const char *search = environment_get(&builder->environment, "PATH");
	cleanup(strv_free) struct strv names = {0};

	if (builder->cage->kind != CAGE_FULL || mkdir(directory, 0755) < 0 ||
	    chmod(directory, 0755) < 0)
		return;
	/* A script that asks whether there is a gmake gets the same answer as without. */
	for (size_t i = 0; i < sizeof(makes) / sizeof(*makes); i++) {
		cleanup(free_string) char *make = process_find_program_on(search, makes[i]);

		if (make)
			strv_add(&names, makes[i]);
	}
	if (!make_links("make-front", directory, &names))
		return;
	cleanup(free_string) char *path = text_format("%s:%s", shown, search ? search : "");

	environment_set(&builder->environment, "PATH", path);
}

/* Which compilers' names builds use: the kernel's own, and the common ones. */
static void list_compilers(const struct builder *builder, struct strv *names)
{
	cleanup(strv_free) struct strv words = {0};
	const char *word;

	strv_split(&words, "cc gcc clang", " ");
	strv_split(&words, builder->toolchain.cc ? builder->toolchain.cc : "", " \t");
	STRV_FOREACH (word, &words)
		if (path_is_plain_name(word) && !strv_contains(names, word))
			strv_add(names, word);
}

/* Adds the compilers' links; false: not all are there. */
static bool fronts_lay_compilers(const struct builder *builder)
{
	cleanup(free_string) char *directory = fronts_directory(builder);
	cleanup(strv_free) struct strv names = {0};

	list_compilers(builder, &names);
	return make_links("compiler-front", directory, &names);
}

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

/* The record that a kernel's probes are known for its compiler: it looks like an answer. */
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
