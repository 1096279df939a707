/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/depmod.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/temporary.h"
#include "base/text.h"
#include "kernel/module_lists.h"

/*
 * The modules.* files of a kernel, which depmod rewrites one by one and leaves cut short when
 * the disk is full. They are kept as links in <module directory>/.dkms-index-<random> until
 * depmod is known to have succeeded. Each rename of depmod's takes its name away from the old
 * file only.
 *
 *	index_keep()		sweeps what a dead run kept, too
 *	index_sync()		after a depmod that has succeeded, which syncs nothing itself
 *	index_forget() or index_restore()
 */

static const char index_kind[] = "index";

/*
 * True for depmod's temporary files: modules.NAME.PID.MICROSECONDS.SECONDS (kmod 26 to 33). It
 * removes them when it fails, but not when it is killed.
 */
static bool is_of_a_dead_depmod(const char *name)
{
	cleanup(strv_free) struct strv words = {0};

	if (!text_starts_with(name, "modules."))
		return false;
	strv_split(&words, name, ".");
	if (words.count < 5)
		return false;
	char *const *numbers = words.items + words.count - 3;

	for (size_t i = 0; i < 3; i++)
		if (strspn(numbers[i], "0123456789") != strlen(numbers[i]))
			return false;
	pid_t pid = (pid_t)strtol(numbers[0], NULL, 10);

	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* Removes what was kept in a module directory by runs that are over. */
static int index_sweep(const char *module_directory, struct error *error)
{
	cleanup(closedir_handler) DIR *directory = opendir(module_directory);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		cleanup(free_string) char *path = path_join(module_directory, entry->d_name, NULL);

		if ((temporary_is(entry->d_name, index_kind) ||
		     is_of_a_dead_depmod(entry->d_name)) &&
		    directory_remove(path, error) < 0)
			return error->code;
	}
	return 0;
}

/* The names of modules.* files in the module directory. */
static int list_index(const char *module_directory, struct strv *names, struct error *error)
{
	cleanup(strv_free) struct strv all = {0};
	const char *name;

	if (directory_list(module_directory, &all, error) < 0)
		return error->code;
	STRV_FOREACH (name, &all) {
		cleanup(free_string) char *path = path_join(module_directory, name, NULL);

		if (text_starts_with(name, "modules.") && file_is_regular(path))
			strv_add(names, name);
	}
	return 0;
}

static int release(struct kept_index *kept, struct error *error)
{
	int code = directory_remove(kept->directory, error);

	free(kept->module_directory);
	free(kept->directory);
	strv_free(&kept->names);
	*kept = (struct kept_index){0};
	return code;
}

static int link_all(const struct kept_index *kept, struct error *error)
{
	const char *name;

	STRV_FOREACH (name, &kept->names) {
		cleanup(free_string) char *from = path_join(kept->module_directory, name, NULL);
		cleanup(free_string) char *to = path_join(kept->directory, name, NULL);

		if (link(from, to) == 0)
			continue;
		bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK;

		if (!no_links)
			return error_errno(error, -errno, 0, "Cannot keep %s", from);
		if (file_copy(from, to, error) < 0)
			return error->code;
	}
	return 0;
}

int index_keep(const char *module_directory, struct kept_index *ret_kept, struct error *error)
{
	struct kept_index kept = {.module_directory = xstrdup(module_directory)};
	cleanup(error_clear) struct error ignored = {0};

	if (index_sweep(module_directory, error) < 0 ||
	    list_index(module_directory, &kept.names, error) < 0 ||
	    temporary_directory(module_directory, index_kind, &kept.directory, error) < 0) {
		strv_free(&kept.names);
		free(kept.module_directory);
		return error->code;
	}
	if (link_all(&kept, error) < 0) {
		(void)release(&kept, &ignored);
		return error->code;
	}
	*ret_kept = kept;
	return 0;
}

/* Syncs the files of depmod, and their names. */
static int index_sync(const struct kept_index *kept, struct error *error)
{
	cleanup(strv_free) struct strv now = {0};
	const char *name;

	if (list_index(kept->module_directory, &now, error) < 0)
		return error->code;
	STRV_FOREACH (name, &now) {
		cleanup(free_string) char *path = path_join(kept->module_directory, name, NULL);

		if (directory_sync(path, error) < 0)
			return error->code;
	}
	return file_sync_directory(kept->module_directory, error);
}

int index_restore(struct kept_index *kept, struct error *error)
{
	cleanup(strv_free) struct strv now = {0};
	const char *name;

	(void)list_index(kept->module_directory, &now, error);
	STRV_FOREACH (name, &now) {
		cleanup(free_string) char *path = path_join(kept->module_directory, name, NULL);

		if (!strv_contains(&kept->names, name))
			(void)file_unlink(path, error);
	}
	STRV_FOREACH (name, &kept->names) {
		cleanup(free_string) char *from = path_join(kept->directory, name, NULL);
		cleanup(free_string) char *to = path_join(kept->module_directory, name, NULL);

		(void)file_rename(from, to, error);
	}
	(void)file_sync_directory(kept->module_directory, error);
	return release(kept, error);
}

int index_forget(struct kept_index *kept, struct error *error)
{
	return release(kept, error);
}

enum { MESSAGE_LIMIT = 64 << 10, SHOWN_LINES = 5 };

/* The directories where a depmod may look for K, by its build; below a base directory with -b. */
static const char *const module_trees[] = {"lib/modules", "usr/lib/modules"};

/* True if depmod without -b works on this tree. */
static bool is_system_tree(const char *install_tree)
{
	struct stat system, tree;

	return stat("/lib/modules", &system) == 0 && stat(install_tree, &tree) == 0 &&
	       system.st_dev == tree.st_dev && system.st_ino == tree.st_ino;
}

/*
 * Makes a directory that serves depmod as base, with links to the install tree inside; the caller
 * removes it. In the tree, where the next run finds it should this one die.
 */
static int make_base(const struct settings *settings, char **ret_base, struct error *error)
{
	cleanup(free_string) char *tree = realpath(settings->install_tree, NULL);
	char *base = NULL;

	if (!tree)
		return error_errno(error, -errno, 0, "Cannot use %s", settings->install_tree);
	if (temporary_directory(settings->dkms_tree, "depmod", &base, error) < 0)
		return error->code;
	*ret_base = base;
	for (size_t i = 0; i < sizeof(module_trees) / sizeof(*module_trees); i++) {
		cleanup(free_string) char *link = path_join(base, module_trees[i], NULL);
		cleanup(free_string) char *parent = path_parent(link);

		if (file_make_directories(parent, error) < 0 || file_symlink(tree, link, error) < 0)
			return error->code;
	}
	return 0;
}

static void remove_base(char **base)
{
	struct error ignored = {0};

	if (*base && directory_remove(*base, &ignored) < 0)
		error_clear(&ignored);
	free(*base);
}

/* Reads depmod's messages from fd, as lines without the "depmod: WARNING: " in front. */
static void read_messages(int fd, struct strv *lines)
{
	static const char *const decorations[] = {"depmod: ", "WARNING: ", "ERROR: "};
	char text[MESSAGE_LIMIT + 1];
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t length = pread(fd, text, MESSAGE_LIMIT,
			       end > MESSAGE_LIMIT ? end - MESSAGE_LIMIT : 0);
	cleanup(strv_free) struct strv raw = {0};
	const char *line;

	text[length > 0 ? length : 0] = '\0';
	strv_split(&raw, text, "\n");
	STRV_FOREACH (line, &raw) {
		for (size_t i = 0; i < sizeof(decorations) / sizeof(*decorations); i++)
			if (text_starts_with(line, decorations[i]))
				line += strlen(decorations[i]);
		strv_add(lines, line);
	}
}

static int failed(const char *release, int status, const struct strv *messages, struct error *error)
{
	size_t first = messages->count > SHOWN_LINES ? messages->count - SHOWN_LINES : 0;

	(void)error_set(error, -EIO, EXIT_INSTALL,
			"depmod failed for kernel %s with exit status %d%s", release, status,
			messages->count ? ":" : ".");
	for (size_t i = first; i < messages->count; i++)
		(void)error_hint(error, "%s", messages->items[i]);
	return error->code;
}

/* Runs it and takes apart what it said. */
static int run(char *const *argv, const char *release, struct reporter *reporter,
	       struct error *error)
{
	cleanup(close_fd) int messages_fd = memfd_create("depmod", MFD_CLOEXEC);
	cleanup(strv_free) struct strv messages = {0};
	struct process process = {.argv = argv, .stdout_fd = -1, .stderr_fd = messages_fd};
	const char *message;
	int status;

	if (messages_fd < 0)
		return error_errno(error, -errno, 0, "Cannot run depmod");
	report(reporter, REPORT_STEP, "Running depmod");
	if (process_run(&process, &status, error) < 0) {
		report(reporter, REPORT_STEP_DONE, "(failed)");
		return error->code;
	}
	read_messages(messages_fd, &messages);
	if (status) {
		report(reporter, REPORT_STEP_DONE, "(bad exit status: %d)", status);
		return failed(release, status, &messages, error);
	}
	report_text(reporter, REPORT_STEP_DONE, "");
	STRV_FOREACH (message, &messages)
		report(reporter, REPORT_WARNING, "depmod: %s", message);
	return 0;
}

static int run_in_tree(const struct settings *settings, const char *release,
		       struct reporter *reporter, struct error *error)
{
	cleanup(remove_base) char *base = NULL;
	cleanup(strv_free) struct strv argv = {0};
	cleanup(free_string) char *map_name = text_format("/boot/System.map-%s", release);
	cleanup(free_string) char *map = settings_path(settings, map_name);

	strv_add(&argv, "depmod");
	strv_add(&argv, "-a");
	strv_add(&argv, release);
	if (file_exists(map)) {
		strv_add(&argv, "-F");
		strv_add(&argv, map);
	}
	if (!is_system_tree(settings->install_tree)) {
		if (make_base(settings, &base, error) < 0)
			return error->code;
		strv_add(&argv, "-b");
		strv_add(&argv, base);
	}
	return run(strv_argv(&argv), release, reporter, error);
}

/* By its image, in /boot or beside its modules. */
static bool is_kernel_installed(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *boot_name = text_format("/boot/vmlinuz-%s", release);
	cleanup(free_string) char *in_boot = settings_path(settings, boot_name);
	cleanup(free_string) char *beside = path_join(settings->install_tree, release, "vmlinuz",
						      NULL);

	return file_exists(in_boot) || file_exists(beside);
}

static bool is_empty_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && info.st_size == 0;
}

/* Removes depmod's files of a removed kernel; a directory that holds more stays. */
static int remove_leftovers(const char *directory, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	bool keep = module_lists_are_of_headers(directory);
	const char *name;

	if (directory_list(directory, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (text_starts_with(name, "modules.") &&
		    !(keep && module_list_is_packaged(name)) && file_unlink(path, error) < 0)
			return error->code;
	}
	(void)rmdir(directory);
	return 0;
}

/*
 * A failed depmod leaves the modules.* files as they were. One whose files are not on the disk has
 * failed, too: without power they would be empty at the next boot.
 */
static int run_or_restore(const struct settings *settings, const char *directory,
			  const char *release, struct reporter *reporter, struct error *error)
{
	struct kept_index kept = {0};
	struct error lost = {0};

	if (index_keep(directory, &kept, error) < 0)
		return error->code;
	if (run_in_tree(settings, release, reporter, error) == 0 && index_sync(&kept, error) == 0) {
		/* depmod has done its work: what cannot be cleared away now is swept later. */
		if (index_forget(&kept, &lost) < 0)
			report_text(reporter, REPORT_WARNING, lost.message);
		error_clear(&lost);
		return 0;
	}
	if (index_restore(&kept, &lost) < 0)
		report_text(reporter, REPORT_ERROR, lost.message);
	error_clear(&lost);
	return error->code;
}

int kernel_depmod(const struct settings *settings, const char *release, struct reporter *reporter,
		  struct error *error)
{
	cleanup(free_string) char *directory = path_join(settings->install_tree, release, NULL);
	cleanup(free_string) char *modules_dep = path_join(directory, "modules.dep", NULL);

	if (!file_exists(modules_dep)) {
		report(reporter, REPORT_LINE,
		       "Kernel %s has no modules.dep: depmod is not run for it.", release);
		return 0;
	}
	if (run_or_restore(settings, directory, release, reporter, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	if (is_empty_file(modules_dep) && !is_kernel_installed(settings, release) &&
	    remove_leftovers(directory, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return 0;
}

static int try_files(const struct settings *settings, const char *release, const struct strv *files,
		     int *ret_status, struct error *error)
{
	cleanup(remove_base) char *base = NULL;
	cleanup(strv_free) struct strv argv = {0};
	struct process process = {.stdout_fd = -1, .stderr_fd = -1};

	strv_add(&argv, "depmod");
	strv_add(&argv, "-n");
	if (!is_system_tree(settings->install_tree)) {
		if (make_base(settings, &base, error) < 0)
			return error->code;
		strv_add(&argv, "-b");
		strv_add(&argv, base);
	}
	strv_add(&argv, release);
	strv_add_all(&argv, files);
	process.argv = strv_argv(&argv);
	return process_run(&process, ret_status, error);
}

bool kernel_depmod_accepts(const struct settings *settings, const char *release,
			   const struct strv *files)
{
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (files->count && try_files(settings, release, files, &status, &error) < 0)
		status = -1;
	return status == 0;
}

int kernel_sweep(const struct settings *settings, struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	if (directory_list(settings->install_tree, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(settings->install_tree, release,
								 NULL);

		if (index_sweep(directory, error) < 0)
			return error->code;
	}
	return 0;
}
