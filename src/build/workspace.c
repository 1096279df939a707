/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/cage.h"
#include "tree/layout.h"
#include "tree/lock.h"

DEFINE_CLEANUP(struct workspace *, workspace_close)

/* The files of a failed build, made safe for people to look at. */

enum { HARMLESS = 0755 };

static int restrict_mode(const struct walk_step *step)
{
	mode_t mode = step->info->st_mode;

	if (S_ISLNK(mode) || !(mode & 07777 & ~HARMLESS))
		return 0;
	return fchmodat(step->parent, step->name, mode & HARMLESS, AT_SYMLINK_NOFOLLOW) < 0 ? -errno
											    : 0;
}

/*
 * Gives a directory and all in it to root, writable by nobody else and without set-id bits. Links
 * stay as they are. No command of the build may be running.
 */
static int leftover_secure(const char *directory, struct error *error)
{
	static const struct walk walk = {.file = restrict_mode, .enter = restrict_mode};

	if (cage_give(directory, 0, error) < 0)
		return error->code;
	int code = walk_tree(&walk, AT_FDCWD, directory, -1, NULL);

	return code ? error_errno(error, code, 0, "Cannot change modes in %s", directory) : 0;
}

enum { ATTEMPTS = 100 };

/* Nothing in the view has to survive a crash, so nothing is synced. */
static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
		return error_errno(error, -errno, 0, "Cannot make the directory %s", path);
	return 0;
}

static int make_directories(const struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *kernel = path_parent(workspace->stage);
	cleanup(free_string) char *modules = path_join(workspace->stage, "module", NULL);
	cleanup(free_string) char *log = path_join(workspace->stage, "log", NULL);
	const char *const paths[] = {workspace->build, kernel, workspace->stage, modules, log};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (make_directory(paths[i], error) < 0)
			return error->code;
	return 0;
}

/* The lock that a build of M/V in the conventional place holds. */
static int take_turn(const struct workspace *workspace, bool wait, struct error *error)
{
	cleanup(free_string) char *thing = text_format("build %s", workspace->home);

	return tree_lock_part(workspace->settings, thing, wait, error);
}

int workspace_remove_old_build(const struct workspace *workspace, struct error *error)
{
	cleanup(close_fd) int turn = take_turn(workspace, false, error);

	if (turn < 0)
		return turn == -EAGAIN ? 0 : turn;
	return directory_remove(workspace->shown_build, error);
}

static int fill_view(const struct settings *settings, const struct module_id *id,
		     const struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *source = layout_source_link(settings, id);
	cleanup(free_string) char *target = file_readlink(source);
	cleanup(free_string) char *link = path_join(workspace->view, path_basename(source), NULL);

	if (target && symlink(target, link) < 0)
		return error_errno(error, -errno, 0, "Cannot make the link %s", link);
	return make_directories(workspace, error);
}

static int open_view(struct workspace *workspace, struct error *error)
{
	struct staging staging;

	if (staging_open(workspace->home, "build", &staging, error) < 0)
		return error->code;
	workspace->view = staging.path;
	workspace->lock = staging.lock;
	return 0;
}

int workspace_open(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel, struct workspace **ret_workspace,
		   struct error *error)
{
	cleanup(workspace_close_handler) struct workspace *workspace = NEW(struct workspace);

	workspace->settings = settings;
	workspace->lock = -1;
	workspace->turn = -1;
	workspace->home = layout_version(settings, id);
	workspace->shown_build = layout_build(settings, id);
	workspace->product = layout_product(settings, id, kernel);
	if (open_view(workspace, error) < 0)
		return error->code;
	workspace->log = path_join(workspace->view, "make.log", NULL);
	workspace->build = path_join(workspace->view, path_basename(workspace->shown_build), NULL);
	workspace->stage = path_join(workspace->view, workspace->product + strlen(workspace->home),
				     NULL);
	if (fill_view(settings, id, workspace, error) < 0)
		return error->code;
	*ret_workspace = TAKE(workspace);
	return 0;
}

int workspace_use_conventional(struct workspace *workspace, struct error *error)
{
	workspace->turn = take_turn(workspace, true, error);
	if (workspace->turn < 0)
		return workspace->turn;
	if (directory_remove(workspace->shown_build, error) < 0 ||
	    file_rename(workspace->build, workspace->shown_build, error) < 0)
		return error->code;
	text_assign(&workspace->build, workspace->shown_build);
	return 0;
}

/* A build for another kernel that failed at the same time may have left its own there. */
static int move_build(const struct workspace *workspace, struct error *error)
{
	for (int attempt = 0; rename(workspace->build, workspace->shown_build) < 0; attempt++) {
		if ((errno != EEXIST && errno != ENOTEMPTY) || attempt == ATTEMPTS)
			return error_errno(error, -errno, 0, "Cannot move %s to %s",
					   workspace->build, workspace->shown_build);
		if (directory_remove(workspace->shown_build, error) < 0)
			return error->code;
	}
	return 0;
}

int workspace_keep_build(struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *log = path_join(workspace->build, "make.log", NULL);

	if (!file_is_directory(workspace->build) &&
	    file_make_directories(workspace->build, error) < 0)
		return error->code;
	if (leftover_secure(workspace->build, error) < 0 || directory_remove(log, error) < 0 ||
	    file_rename(workspace->log, log, error) < 0)
		return error->code;
	if (!text_equal(workspace->build, workspace->shown_build) &&
	    move_build(workspace, error) < 0)
		return error->code;
	free(TAKE(workspace->build));
	return 0;
}

void workspace_close(struct workspace *workspace)
{
	cleanup(error_clear) struct error error = {0};

	if (workspace->build)
		(void)directory_remove(workspace->build, &error);
	if (workspace->view)
		(void)directory_remove(workspace->view, &error);
	close_fd(&workspace->lock);
	close_fd(&workspace->turn);
	free(workspace->home);
	free(workspace->view);
	free(workspace->log);
	free(workspace->build);
	free(workspace->shown_build);
	free(workspace->stage);
	free(workspace->product);
	free(workspace);
}

char *workspace_shown_path(const struct workspace *workspace, const char *path)
{
	if (!path_is_within(path, workspace->build))
		return xstrdup(path);
	return path_join(workspace->shown_build, path + strlen(workspace->build), NULL);
}
