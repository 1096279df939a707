/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "distribute/distribute.h"
#include "distribute/litter.h"
#include "tree/safety.h"
#include "tree/source_copy.h"

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
	    replace_conf(request->conf_file, path, error) < 0 || litter_remove(path, error) < 0)
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

int payload_newest_time(const char *root, time_t *ret_time, struct error *error)
{
	time_t newest = 0;
	const struct walk walk = {.file = note_time, .context = &newest};
	int code = walk_tree(&walk, AT_FDCWD, root, -1, NULL);

	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT, "Cannot read %s", root);
	*ret_time = newest;
	return 0;
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
