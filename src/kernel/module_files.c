/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"

/* A directory that changed so many seconds before it was read may have changed since, unseen. */
enum { UNSURE_SECONDS = 2 };

struct listed_directory {
	const struct module_tree *owner; /* where it was read */
	char *path;
	struct stat status;  /* at or before the reading */
	bool settled;        /* a change since would show in it */
	struct strv modules; /* files */
	struct strv below;   /* directories */
};

struct found_module {
	const char *directory;
	const char *file;
};

/* A module directory with all below it. */
struct module_tree {
	struct strmap directories;  /* path → struct listed_directory, also of another owner */
	struct found_module *items; /* by file name */
	size_t count, capacity;
};

static void tree_free(void *value)
{
	struct module_tree *tree = value;

	STRMAP_FOREACH (entry, &tree->directories) {
		struct listed_directory *listed = entry->value;

		if (listed->owner != tree)
			continue;
		free(listed->path);
		strv_free(&listed->modules);
		strv_free(&listed->below);
		free(listed);
	}
	strmap_free(&tree->directories, NULL);
	free(tree->items);
	free(tree);
}

/* DT_REG, DT_LNK, DT_DIR or something else; some file systems leave it to stat. */
static unsigned char entry_type(int directory_fd, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN ||
	    fstatat(directory_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return entry->d_type;
	return IFTODT(info.st_mode);
}

static void take_entry(struct listed_directory *listed, int fd, const struct dirent *entry,
		       bool with_links)
{
	unsigned char type = entry_type(fd, entry);

	if (type == DT_DIR && entry->d_name[0] != '.')
		strv_add(&listed->below, entry->d_name);
	if (type != DT_REG && (type != DT_LNK || !with_links))
		return;
	cleanup(free_string) char *name = module_name_of_file(entry->d_name);

	if (name)
		strv_add(&listed->modules, entry->d_name);
}

/* Returns 0 and an empty list for a directory that has just gone. */
static int read_directory(const char *path, bool with_links, struct listed_directory *listed)
{
	cleanup(closedir_handler) DIR *stream = opendir(path);
	const struct dirent *entry;
	struct timespec now;

	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(dirfd(stream), &listed->status) < 0)
		return -errno;
	listed->settled = clock_gettime(CLOCK_REALTIME, &now) == 0 &&
			  now.tv_sec >= listed->status.st_ctim.tv_sec + UNSURE_SECONDS;
	for (errno = 0; (entry = readdir(stream)); errno = 0)
		take_entry(listed, dirfd(stream), entry, with_links);
	return -errno;
}

/* The result of another search, if it is still valid. */
static struct listed_directory *find_known(const struct module_tree *known, const char *path)
{
	struct listed_directory *listed = known ? strmap_get(&known->directories, path) : NULL;
	struct stat status;

	if (!listed || !listed->settled || stat(path, &status) < 0 ||
	    !file_is_unchanged(&listed->status, &status))
		return NULL;
	return listed;
}

static void add_modules(struct module_tree *tree, const struct listed_directory *listed)
{
	const char *file;

	STRV_FOREACH (file, &listed->modules) {
		if (tree->count == tree->capacity) {
			tree->capacity = tree->capacity * 2 + 64;
			tree->items = xreallocarray(tree->items, tree->capacity,
						    sizeof(*tree->items));
		}
		tree->items[tree->count++] = (struct found_module){listed->path, file};
	}
}

/* A negative errno at the first directory that cannot be read. */
static int visit(struct module_tree *tree, const struct module_tree *known, const char *path,
		 bool with_links)
{
	struct listed_directory *listed = find_known(known, path);
	const char *name;
	int code = 0;

	/* The links there stand for another kernel's modules. */
	if (text_equal(path_basename(path), "weak-updates"))
		with_links = false;
	if (!listed) {
		listed = NEW(struct listed_directory);
		listed->owner = tree;
		listed->path = xstrdup(path);
		code = read_directory(path, with_links, listed);
	}
	(void)strmap_set(&tree->directories, path, listed);
	add_modules(tree, listed);
	STRV_FOREACH (name, &listed->below) {
		cleanup(free_string) char *below = path_join(path, name, NULL);

		if (!code)
			code = visit(tree, known, below, with_links);
	}
	return code;
}

static int by_name(const void *a, const void *b)
{
	const struct found_module *left = a, *right = b;

	return strcmp(left->file, right->file);
}

/* NULL: error tells why. */
static struct module_tree *walk(const struct kernel *kernel, const struct module_tree *known,
				struct error *error)
{
	struct module_tree *tree = NEW(struct module_tree);
	int code = visit(tree, known, kernel->module_directory, true);

	if (code < 0) {
		tree_free(tree);
		(void)error_errno(error, code, 0, "Cannot search %s for modules",
				  kernel->module_directory);
		return NULL;
	}
	if (tree->count)
		qsort(tree->items, tree->count, sizeof(*tree->items), by_name);
	return tree;
}

static const struct module_tree *find_tree(struct module_files *files, const struct kernel *kernel,
					   struct error *error)
{
	struct module_tree *tree = strmap_get(&files->directories, kernel->module_directory);
	const struct module_tree *known = files->known ? strmap_get(&files->known->directories,
								    kernel->module_directory)
						       : NULL;

	if (!tree) {
		tree = walk(kernel, known, error);
		if (tree)
			(void)strmap_set(&files->directories, kernel->module_directory, tree);
	}
	return tree;
}

/* The first whose file name is not before the text. */
static size_t first_from(const struct module_tree *tree, const char *text)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(tree->items[middle].file, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int module_files_find(struct module_files *files, const struct kernel *kernel, const char *name,
		      struct strv *paths, struct error *error)
{
	cleanup(free_string) char *start = text_format("%s.ko", name);
	cleanup(strv_free) struct strv found = {0};
	const struct module_tree *tree = find_tree(files, kernel, error);

	if (!tree)
		return error->code;
	for (size_t i = first_from(tree, start); i < tree->count; i++) {
		const struct found_module *module = &tree->items[i];

		if (!text_starts_with(module->file, start))
			break;
		cleanup(free_string) char *own = module_name_of_file(module->file);

		if (text_equal(own, name))
			strv_add_owned(&found, path_join(module->directory, module->file, NULL));
	}
	strv_sort(&found);
	strv_add_all(paths, &found);
	return 0;
}

void module_files_note(struct module_files *files, const struct kernel *kernel)
{
	cleanup(error_clear) struct error ignored = {0};

	(void)find_tree(files, kernel, &ignored);
}

void module_files_join(struct module_files *files, const struct module_files *known)
{
	files->known = known;
}

void module_files_free(struct module_files *files)
{
	strmap_free(&files->directories, tree_free);
	files->known = NULL;
}

int module_files_find_once(const struct kernel *kernel, const char *name, struct strv *paths,
			   struct error *error)
{
	cleanup(module_files_free) struct module_files files = {0};

	return module_files_find(&files, kernel, name, paths, error);
}
