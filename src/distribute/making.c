/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/making.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "base/walk.h"
#include "tree/safety.h"
#include "tree/source_copy.h"

int making_require_line(const char *option, const char *value, struct error *error)
{
	bool blank = true;

	for (const char *c = value ? value : "x"; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return error_set(error, -EINVAL, EXIT_USAGE,
					 "The value of %s must be one line of text.", option);
		blank = blank && *c == ' ';
	}
	if (blank)
		return error_set(error, -EINVAL, EXIT_USAGE, "The value of %s is empty.", option);
	return 0;
}

static bool is_of_version_control(const char *name)
{
	static const char *const names[] = {
		".git",      ".gitignore", ".gitattributes", ".gitmodules", ".hg",
		".hgignore", ".hgtags",    ".svn",           "CVS",         ".cvsignore",
		".bzr",      ".bzrignore", "_darcs",         ".jj",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(name, names[i]))
			return true;
	return text_ends_with(name, "~") || (name[0] == '.' && text_ends_with(name, ".swp"));
}

static bool has(const struct strv *names, const char *before, const char *stem, const char *after)
{
	cleanup(free_string) char *name = text_format("%s%s%s", before, stem, after);

	return strv_contains(names, name);
}

static char *without_suffix(const char *name, const char *suffix)
{
	return text_ends_with(name, suffix) ? xstrndup(name, strlen(name) - strlen(suffix)) : NULL;
}

/* NAME.o of NAME.c or of the module NAME, if kbuild's .NAME.o.cmd lies beside it. */
static bool is_built_object(const struct strv *names, const char *name)
{
	cleanup(free_string) char *object = without_suffix(name, ".o");
	cleanup(free_string) char *module = without_suffix(name, ".ko");
	cleanup(free_string) char *list = without_suffix(name, ".mod");

	if (text_ends_with(name, ".mod.c") || text_equal(name, "modules.order") ||
	    text_equal(name, "Module.symvers") || text_equal(name, ".tmp_versions"))
		return true;
	if (!has(names, ".", name, ".cmd"))
		return false;
	if (object)
		return has(names, "", object, ".c") || has(names, "", object, ".S") ||
		       has(names, "", object, ".mod") || has(names, "", object, ".mod.c");
	return module || list;
}

/* True for kbuild's files, in a directory where kbuild ran. */
static bool is_of_kbuild(const struct strv *names, const char *name)
{
	if (is_built_object(names, name))
		return true;
	if (name[0] != '.' || !text_ends_with(name, ".cmd"))
		return false;
	cleanup(free_string) char *target = xstrndup(name + 1,
						     strlen(name) - strlen(".") - strlen(".cmd"));

	return !strv_contains(names, target) || is_built_object(names, target);
}

static int list(const char *directory, struct strv *names, struct strv *directories,
		struct error *error)
{
	const struct dirent64 *entry;
	struct entries entries;
	int code = entries_open(&entries, AT_FDCWD, directory);

	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", directory);
	while ((entry = entries_next(&entries))) {
		struct stat info;

		strv_add(names, entry->d_name);
		if (fstatat(entries.fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(info.st_mode))
			strv_add(directories, entry->d_name);
	}
	code = entries_close(&entries);
	return code < 0 ? error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", directory)
			: 0;
}

/* True if kbuild ran here: it left a ".….cmd". */
static bool saw_kbuild(const struct strv *names)
{
	const char *name;

	STRV_FOREACH (name, names)
		if (name[0] == '.' && text_ends_with(name, ".cmd"))
			return true;
	return false;
}

/*
 * Removes from a copy of a source the files of version control and editors, and kbuild's own files
 * if kbuild ran there. An object without its source stays, because packages ship such objects.
 */
static int remove_litter(const char *directory, struct error *error)
{
	cleanup(strv_free) struct strv names = {0}, directories = {0};
	const char *name;

	if (list(directory, &names, &directories, error) < 0)
		return error->code;
	bool built = saw_kbuild(&names);

	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);
		int code = 0;

		if (is_of_version_control(name) || (built && is_of_kbuild(&names, name)))
			code = directory_remove(path, error);
		else if (strv_contains(&directories, name))
			code = remove_litter(path, error);
		if (code < 0)
			return code;
	}
	return 0;
}

static int replace_conf(const char *conf_file, const char *source, struct error *error)
{
	cleanup(free_string) char *place = path_join(source, "dkms.conf", NULL);

	if (!conf_file)
		return 0;
	if (file_unlink(place, error) < 0)
		return error->code;
	return file_copy_unsynced(conf_file, place, error);
}

int payload_add_source(const struct making *making, const char *path, struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *real = realpath(request->source, NULL);
	struct safety_source safety = {request->settings, request->id, real, "is not packed"};
	bool careful = geteuid() == 0 && !request->package->policy.allow_writable_sources;
	const struct source_copy copy = {
		.from = real,
		.to = path,
		.examine = careful ? safety_examine_opened : NULL,
		.context = &safety,
		.reporter = request->reporter,
	};

	if (!real)
		return error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot read the source %s",
				   request->source);
	report(request->reporter, REPORT_LINE, "Copying source tree...");
	if (file_make_directories(parent, error) < 0 || source_copy_make(&copy, error) < 0 ||
	    replace_conf(request->conf_file, path, error) < 0 || remove_litter(path, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int payload_add_text(const char *root, const char *name, const char *text, mode_t mode,
		     struct error *error)
{
	cleanup(free_string) char *path = path_join(root, name, NULL);
	cleanup(free_string) char *parent = path_parent(path);

	if (file_make_directories(parent, error) < 0 ||
	    file_create_unsynced(path, text, strlen(text), mode, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int payload_add_filled(const char *root, const char *name, const char *text, template_value *value,
		       const void *context, struct error *error)
{
	cleanup(free_string) char *filled = template_fill(text, value, context);

	return payload_add_text(root, name, filled, 0755, error);
}

static int note_time(const struct walk_step *step)
{
	time_t *newest = step->context;

	if (S_ISREG(step->info->st_mode) && step->info->st_mtim.tv_sec > *newest)
		*newest = step->info->st_mtim.tv_sec;
	return 0;
}

/* The newest time of any file below a directory. */
static int find_newest_time(const char *root, time_t *ret_time, struct error *error)
{
	time_t newest = 0;
	const struct walk walk = {.file = note_time, .context = &newest};
	int code = walk_tree(&walk, AT_FDCWD, root, -1, NULL);

	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", root);
	*ret_time = newest;
	return 0;
}

int making_set_time(struct making *making, const char *root, struct error *error)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	size_t digits = epoch ? strspn(epoch, "0123456789") : 0;

	if (text_empty(epoch))
		return find_newest_time(root, &making->time, error);
	errno = 0;
	making->time = (time_t)strtoll(epoch, NULL, 10);
	if (!errno && digits == strlen(epoch) && making->time <= UINT_MAX)
		return 0;
	return error_set(error, -EINVAL, EXIT_USAGE,
			 "SOURCE_DATE_EPOCH must be a number of seconds, not \"%s\".", epoch);
}

struct finishing {
	time_t time;
	size_t size;
};

static int set_time(const struct walk_step *step)
{
	const struct finishing *finishing = step->context;
	const struct timespec times[2] = {{.tv_sec = finishing->time}, {.tv_sec = finishing->time}};

	return utimensat(step->parent, step->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int finish_file(const struct walk_step *step)
{
	enum { KIB = 1024 };
	const mode_t mode = step->info->st_mode;
	struct finishing *finishing = step->context;

	if (strchr(step->name, '\n'))
		return -EILSEQ;
	finishing->size += S_ISREG(mode) ? ((size_t)step->info->st_size + KIB - 1) / KIB : 1;
	if (S_ISREG(mode) && fchmodat(step->parent, step->name, mode & 0111 ? 0755 : 0644, 0) < 0)
		return -errno;
	return set_time(step);
}

static int enter_directory(const struct walk_step *step)
{
	struct finishing *finishing = step->context;

	if (strchr(step->name, '\n'))
		return -EILSEQ;
	finishing->size++;
	return fchmodat(step->parent, step->name, 0755, 0) < 0 ? -errno : 0;
}

int payload_finish(const char *root, time_t time, size_t *ret_size, struct error *error)
{
	struct finishing finishing = {.time = time};
	const struct walk walk = {.file = finish_file,
				  .enter = enter_directory,
				  .leave = set_time,
				  .context = &finishing};
	int code = walk_tree(&walk, AT_FDCWD, root, -1, NULL);

	if (code == -EILSEQ)
		return error_set(error, code, EXIT_BAD_CONF,
				 "The source holds a file whose name has a line break in it, so it "
				 "cannot be packed.\n"
				 "Rename that file.");
	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT, "Cannot lay out %s", root);
	*ret_size = finishing.size;
	return 0;
}

int making_publish(struct making *making, const struct strv *names, struct error *error)
{
	const char *name;

	STRV_FOREACH (name, names) {
		cleanup(free_string) char *made = path_join("out", name, NULL);

		if (publication_add(&making->publication, &making->workshop, made, name, error) < 0)
			return error->code;
	}
	return 0;
}

int making_publish_all(struct making *making, const char *template, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (workshop_list(&making->workshop, &names, error) < 0)
		return error->code;
	if (!names.count)
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
				 "The template %s made no package.", template);
	STRV_FOREACH (name, &names)
		if (!path_is_plain_name(name))
			return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
					 "The template %s made a file whose name cannot be used.",
					 template);
	return making_publish(making, &names, error);
}

const char *making_license(const struct making *making)
{
	const char *given = making->request->options.license;

	return given ? given : making->license;
}
