/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/fronts.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "build/environment.h"

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

char *fronts_directory(const struct builder *builder)
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

bool fronts_lay_compilers(const struct builder *builder)
{
	cleanup(free_string) char *directory = fronts_directory(builder);
	cleanup(strv_free) struct strv names = {0};

	list_compilers(builder, &names);
	return make_links("compiler-front", directory, &names);
}
