/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "journal/transaction.h"
#include "package/add.h"
#include "package/tarball.h"
#include "package/tarball_names.h"
#include "package/tarball_unpack.h"
#include "tree/layout.h"

struct adoption {
	const char *file;
	uid_t id;
	const struct tarball_limits *limits;
	struct strmap *entries;
	long long bytes;
};

static int refuse(const struct adoption *adoption, const char *name, struct error *error)
{
	return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
			 "%s is refused: unpacking it left \"%s\", which is no part of a tarball.",
			 adoption->file, name);
}

static int failed(const struct adoption *adoption, const char *name, struct error *error)
{
	return error_errno(error, -errno, EXIT_INSTALL, "Cannot take over \"%s\" of %s", name,
			   adoption->file);
}

static int add(struct adoption *adoption, const char *name, enum tarball_entry_kind kind,
	       const char *target, struct error *error)
{
	struct tarball_entry *entry = NEW(struct tarball_entry);

	entry->kind = kind;
	text_assign(&entry->target, target);
	(void)strmap_set(adoption->entries, name, entry);
	return adoption->entries->count > adoption->limits->entries ? refuse(adoption, name, error)
								    : 0;
}

static int take_link(struct adoption *adoption, int parent, const char *name, const char *path,
		     struct error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(parent, name, target, sizeof(target) - 1);

	if (length < 0)
		return failed(adoption, path, error);
	target[length] = '\0';
	if (!link_stays_inside(path, target))
		return refuse(adoption, path, error);
	if (fchownat(parent, name, geteuid(), getegid(), AT_SYMLINK_NOFOLLOW) < 0)
		return failed(adoption, path, error);
	return add(adoption, path, TARBALL_LINK, target, error);
}

/* Nothing has a second name: that could be a file from elsewhere. */
static int take_file(struct adoption *adoption, int fd, const struct stat *info, const char *path,
		     struct error *error)
{
	if (info->st_nlink != 1 || info->st_uid != adoption->id || info->st_size < 0 ||
	    info->st_size > adoption->limits->bytes - adoption->bytes)
		return refuse(adoption, path, error);
	adoption->bytes += info->st_size;
	if (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, (info->st_mode & 0755) | 0600) < 0)
		return failed(adoption, path, error);
	return add(adoption, path, TARBALL_FILE, NULL, error);
}

static int take_entries(struct adoption *adoption, int fd, const char *path, int level,
			struct error *error);

static int take_directory(struct adoption *adoption, int fd, const struct stat *info,
			  const char *path, int level, struct error *error)
{
	if (info->st_uid != adoption->id || level > TARBALL_MOST_LEVELS)
		return refuse(adoption, path, error);
	if (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, (info->st_mode & 0755) | 0700) < 0)
		return failed(adoption, path, error);
	if (*path && add(adoption, path, TARBALL_DIRECTORY, NULL, error) < 0)
		return error->code;
	return take_entries(adoption, fd, path, level, error);
}

static bool has_controls(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

static int take(struct adoption *adoption, int parent, const char *name, const char *path,
		int level, struct error *error)
{
	struct stat info;

	if (has_controls(name))
		return refuse(adoption, path, error);
	if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(adoption, path, error);
	if (S_ISLNK(info.st_mode))
		return take_link(adoption, parent, name, path, error);
	if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
		return refuse(adoption, path, error);
	cleanup(close_fd) int fd = openat(parent, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		return failed(adoption, path, error);
	if (S_ISDIR(info.st_mode))
		return take_directory(adoption, fd, &info, path, level, error);
	return take_file(adoption, fd, &info, path, error);
}

static int take_entries(struct adoption *adoption, int fd, const char *path, int level,
			struct error *error)
{
	cleanup(close_fd) int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	cleanup(closedir_handler) DIR *directory = own < 0 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (!directory)
		return failed(adoption, path, error);
	own = -1;
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		cleanup(free_string) char *below = text_format("%s%s%s", path, *path ? "/" : "",
							       entry->d_name);

		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (take(adoption, fd, entry->d_name, below, level + 1, error) < 0)
			return error->code;
	}
	return errno ? failed(adoption, path, error) : 0;
}

int tarball_adopt(int fd, const char *file, uid_t id, const struct tarball_limits *limits,
		  struct strmap *entries, struct error *error)
{
	struct adoption adoption = {file, id, limits, entries, 0};
	struct stat info;

	if (fstat(fd, &info) < 0)
		return failed(&adoption, ".", error);
	return take_directory(&adoption, fd, &info, "", 0, error);
}

struct loading {
	const struct tarball_load_request *request;
	struct transaction *transaction;
	struct staging copies; /* on the tree's file system */
	char *version;         /* in there: all of <tree>/M/V to be; NULL: that is there already */
};

bool tarball_needs_stub(const struct settings *settings, const struct tarball *tarball,
			const struct module_id *id)
{
	cleanup(free_string) char *registered = layout_source_link(settings, id);
	cleanup(free_string) char *source = layout_source_directory(settings, id);

	return tarball->kind == TARBALL_BINARIES && !file_is_directory(registered) &&
	       !file_is_directory(source);
}

/* A published directory is everybody's to read, whatever the tarball says. */
static int prepare_directory(const char *path, struct error *error)
{
	if (chmod(path, 0755) < 0)
		return error_errno(error, -errno, 0, "Cannot set the mode of %s", path);
	return directory_sync(path, error);
}

static int stage_source(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *target = layout_source_directory(request->settings, request->id);

	if (file_exists_nofollow(target))
		report(request->reporter, REPORT_LINE, "Replacing %s", target);
	if (prepare_directory(request->tarball->source, error) < 0)
		return error->code;
	if (package_mark_stale(request->settings, request->id, &request->tarball->kernels,
			       loading->transaction, request->reporter, error) < 0)
		return error->code;
	return transaction_put_directory(loading->transaction, request->tarball->source, target,
					 error);
}

/* A new link, or instead of a link elsewhere or a stub: it leads to this source from now on. */
static int stage_link(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *source = layout_source_directory(request->settings, request->id);
	cleanup(free_string) char *link = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *target = tree_link_text(request->settings, link, source);
	bool is_there = file_exists_nofollow(link);

	if (tree_link_leads_to(request->settings, link, source) ||
	    (is_there && request->tarball->kind == TARBALL_BINARIES))
		return 0;
	report(request->reporter, REPORT_LINE, "Creating symlink %s -> %s", link, source);
	if (loading->version) {
		cleanup(free_string) char *staged = path_join(loading->version, path_basename(link),
							      NULL);

		return file_symlink(target, staged, error);
	}
	if (is_there && transaction_remove(loading->transaction, link, error) < 0)
		return error->code;
	return transaction_put_link(loading->transaction, target, link, error);
}

static int stage_stub(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *link = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *stub = loading->version ? path_join(loading->version,
								       path_basename(link), NULL)
							   : xstrdup(link);
	cleanup(free_string) char *conf = path_join(stub, "dkms.conf", NULL);

	report(request->reporter, REPORT_WARNING,
	       "There is no source of %s/%s on this system. Its builds can be installed, but "
	       "nothing can be built for other kernels.",
	       request->id->name, request->id->version);
	if (!loading->version)
		return transaction_put_file(loading->transaction, request->tarball->conf_file, conf,
					    error);
	if (file_make_directories(stub, error) < 0)
		return error->code;
	return file_copy(request->tarball->conf_file, conf, error);
}

/* A directory may be renamed into the tree only from the tree's own file system. */
static int copy_build(const char *from, const char *path, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);

	if (file_make_directories(parent, error) < 0)
		return error->code;
	return directory_copy(from, path, error);
}

static int remove_local(const char *path, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(closedir_handler) DIR *directory = opendir(path);
	const struct dirent *entry;
	const char *name;

	if (!directory)
		return error_errno(error, -errno, 0, "Cannot read the directory %s", path);
	for (errno = 0; (entry = readdir(directory)); errno = 0)
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..") &&
		    tarball_is_local(entry->d_name))
			strv_add(&names, entry->d_name);
	if (errno)
		return error_errno(error, -errno, 0, "Cannot read the directory %s", path);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *local = path_join(path, name, NULL);

		if (directory_remove(local, error) < 0)
			return error->code;
	}
	return 0;
}

static int stage_build(struct loading *loading, const struct kernel_id *kernel, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *target = layout_product(request->settings, request->id, kernel);
	cleanup(free_string) char *from = path_join(request->tarball->content,
						    TARBALL_BUILDS_DIRECTORY, kernel->release,
						    kernel->arch, NULL);

	if (file_exists_nofollow(target) && !request->force) {
		report(request->reporter, REPORT_WARNING,
		       "%s exists already and is kept. Use --force to replace it.", target);
		return 0;
	}
	report(request->reporter, REPORT_LINE, "Loading %s", target);
	cleanup(free_string) char *copy = path_join(loading->version ? loading->version
								     : loading->copies.path,
						    kernel->release, kernel->arch, NULL);

	if (copy_build(from, copy, error) < 0 || remove_local(copy, error) < 0 ||
	    prepare_directory(copy, error) < 0)
		return error->code;
	return loading->version
		       ? 0
		       : transaction_put_directory(loading->transaction, copy, target, error);
}

/* A version that is new to the tree appears by one rename: nobody sees a part of it. */
static int start_version(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *version = layout_version(request->settings, request->id);

	if (staging_open(request->settings->dkms_tree, "tarball", &loading->copies, error) < 0)
		return error->code;
	if (file_exists_nofollow(version))
		return 0;
	loading->version = path_join(loading->copies.path, "version", NULL);
	return file_make_directories(loading->version, error);
}

static int stage_version(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	cleanup(free_string) char *version = layout_version(request->settings, request->id);

	if (!loading->version)
		return 0;
	if (directory_sync(loading->version, error) < 0)
		return error->code;
	return transaction_put_directory(loading->transaction, loading->version, version, error);
}

/* In this order it will be there to see: no link without its source, no build without the link. */
static int stage_all(struct loading *loading, struct error *error)
{
	const struct tarball_load_request *request = loading->request;
	const struct tarball *tarball = request->tarball;
	bool stub = tarball_needs_stub(request->settings, tarball, request->id);

	if (start_version(loading, error) < 0 ||
	    (tarball->kind != TARBALL_BINARIES && stage_source(loading, error) < 0) ||
	    (stub ? stage_stub(loading, error) : stage_link(loading, error)) < 0)
		return error->code;
	for (size_t i = 0; i < tarball->kernels.count; i++)
		if (stage_build(loading, &tarball->kernels.items[i], error) < 0)
			return error->code;
	return stage_version(loading, error);
}

int tarball_load(const struct tarball_load_request *request, struct error *error)
{
	cleanup(free_string) char *description = text_format(
		"load the tarball of %s/%s", request->id->name, request->id->version);
	struct loading loading = {.request = request};

	report(request->reporter, REPORT_LINE, "Loading tarball for %s/%s", request->id->name,
	       request->id->version);
	loading.transaction = transaction_begin(request->settings, description, NULL);
	int code = stage_all(&loading, error);

	if (!code)
		code = transaction_apply(loading.transaction, error);
	if (!code)
		code = transaction_commit(loading.transaction, error);
	transaction_free(loading.transaction);
	staging_close(&loading.copies);
	free(loading.version);
	return code < 0 ? error_set_status(error, EXIT_INSTALL) : 0;
}
