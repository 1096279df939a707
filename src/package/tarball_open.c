/* SPDX-License-Identifier: GPL-2.0-or-later */
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
#include "base/strv.h"
#include "base/text.h"
#include "cage/worker.h"
#include "model/compression.h"
#include "module/examine.h"
#include "package/tarball.h"
#include "package/tarball_library.h"
#include "package/tarball_names.h"
#include "package/tarball_unpack.h"

enum { SECONDS = 900 };

struct unpacking {
	const char *file, *directory;
	const struct tarball_limits *limits;
	int fds[2]; /* the file, the directory */
};

static int unpack_in_worker(void *context, struct answer *answer, struct error *error)
{
	const struct unpacking *unpacking = context;

	(void)answer;
	if (fchdir(unpacking->fds[1]) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot unpack %s in %s",
				   unpacking->file, unpacking->directory);
	return tarball_unpack_here(unpacking->fds[0], unpacking->file, unpacking->directory,
				   unpacking->limits, error);
}

static int open_file(const char *file, struct error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(error, -ENOENT, EXIT_NOT_FOUND, "%s does not exist.", file);
	if (fd < 0)
		return error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot open %s", file);
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
		return fd;
	(void)close(fd);
	return error_set(error, -EINVAL, EXIT_NOT_FOUND, "%s is not a file.", file);
}

/*
 * The directory is the worker's until it has ended. *ret_id stays 0 where it is this user's
 * already, and where a container has no other ids: there a worker keeps its user, too.
 */
static int give_away(const struct unpacking *unpacking, uid_t *ret_id, struct error *error)
{
	if (geteuid() != 0)
		return 0;
	int code = worker_lend(unpacking->fds[1], ret_id);

	if (code < 0 && code != -EPERM)
		return error_errno(error, code, EXIT_INSTALL, "Cannot give away %s",
				   unpacking->directory);
	return 0;
}

static int run(const struct unpacking *unpacking, uid_t id, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("unpacking %s", unpacking->file);
	const struct worker worker = {
		.purpose = purpose,
		.work = unpack_in_worker,
		.context = (void *)unpacking,
		.fds = unpacking->fds,
		.fd_count = 2,
		.id = id,
		.opens_files = true,
		.writes_files = true,
		.seconds = SECONDS,
		.file_size = (size_t)unpacking->limits->bytes,
	};
	cleanup(answer_free) struct answer answer = {0};

	if (worker_run(&worker, &answer, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int tarball_unpack(const char *file, const char *directory, const struct tarball_limits *limits,
		   struct strmap *entries, struct error *error)
{
	cleanup(close_fd) int fd = open_file(file, error);
	cleanup(close_fd) int to = -1;
	uid_t id = 0;

	if (fd < 0 || libarchive_load(error) < 0)
		return error->code;
	to = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot open %s", directory);
	const struct unpacking unpacking = {file, directory, limits, {fd, to}};

	if (give_away(&unpacking, &id, error) < 0)
		return error->code;
	if (run(&unpacking, id, error) < 0)
		return error->code;
	return tarball_adopt(to, file, id ? id : geteuid(), limits, entries, error);
}

static void entries_free(struct strmap *entries)
{
	strmap_free(entries, tarball_entry_free);
}

static bool is_directory(const struct strmap *entries, const char *name)
{
	const struct tarball_entry *entry = strmap_get(entries, name);

	return entry && entry->kind == TARBALL_DIRECTORY;
}

static size_t depth_of(const char *name)
{
	size_t depth = 0;

	for (const char *c = name; *c; c++)
		depth += *c == '/';
	return depth;
}

/* The dkms.conf nearest to the top; a tie is nobody's to decide. */
static int find_conf(const struct tarball *tarball, const struct strmap *entries,
		     const char **ret_name, struct error *error)
{
	const char *found = NULL, *rival = NULL;

	STRMAP_FOREACH (entry, entries) {
		if (!text_equal(path_basename(entry->key), "dkms.conf") ||
		    is_directory(entries, entry->key))
			continue;
		if (!found || depth_of(entry->key) < depth_of(found)) {
			found = entry->key;
			rival = NULL;
		} else if (depth_of(entry->key) == depth_of(found)) {
			rival = entry->key;
		}
	}
	if (!found)
		return error_set(error, -ENOENT, EXIT_TREE,
				 "%s does not look like a DKMS tarball: no dkms.conf is in it.",
				 tarball->file);
	if (rival && strcmp(rival, found) < 0) {
		const char *first = rival;

		rival = found;
		found = first;
	}
	if (rival)
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
				 "%s is not a valid DKMS tarball: it holds both %s and %s.\n"
				 "Unpack it and give dkms add the directory that is meant.",
				 tarball->file, found, rival);
	*ret_name = found;
	return 0;
}

/* Which dkms.conf counts, and what kind of tarball that makes it. */
static int find_source(struct tarball *tarball, const struct strmap *entries, char **ret_conf,
		       struct error *error)
{
	const char *full = TARBALL_SOURCE_DIRECTORY "/dkms.conf";
	const char *binaries = TARBALL_BINARIES_DIRECTORY "/dkms.conf";
	const char *conf = NULL;

	if (!is_directory(entries, TARBALL_BUILDS_DIRECTORY) &&
	    !is_directory(entries, TARBALL_BINARIES_DIRECTORY)) {
		tarball->kind = TARBALL_SOURCE;
		if (find_conf(tarball, entries, &conf, error) < 0)
			return error->code;
	} else if (strmap_get(entries, full)) {
		tarball->kind = TARBALL_FULL;
		conf = full;
	} else if (strmap_get(entries, binaries)) {
		tarball->kind = TARBALL_BINARIES;
		conf = binaries;
	} else {
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
				 "%s is not a valid DKMS tarball: there is a dkms.conf neither in "
				 "its %s nor in its %s.",
				 tarball->file, TARBALL_SOURCE_DIRECTORY,
				 TARBALL_BINARIES_DIRECTORY);
	}
	*ret_conf = xstrdup(conf);
	return 0;
}

/* True for names in <tree>/M/V that are no kernels. */
static bool is_reserved(const char *release)
{
	return text_equal(release, "source") || text_equal(release, "build") ||
	       text_equal(release, "tarball");
}

/* dkms_main_tree/.registered/M/V, which must be one. */
static int take_registered_name(struct tarball *tarball, const char *name, const char *version,
				struct error *error)
{
	if (tarball->registered.name || !path_is_plain_name(name) || !path_is_plain_name(version))
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
				 "%s is refused: its %s does not name one module and version.",
				 tarball->file,
				 TARBALL_BUILDS_DIRECTORY "/" TARBALL_NAME_DIRECTORY);
	tarball->registered = module_id_new(name, version);
	return 0;
}

/* Builds are the directories dkms_main_tree/K/A/module. */
static int add_build(struct tarball *tarball, const char *name, struct error *error)
{
	cleanup(strv_free) struct strv parts = {0};

	strv_split(&parts, name, "/");
	if (parts.count != 4 || !text_equal(parts.items[0], TARBALL_BUILDS_DIRECTORY))
		return 0;
	const char *release = parts.items[1], *arch = parts.items[2];

	if (text_equal(release, TARBALL_NAME_DIRECTORY))
		return take_registered_name(tarball, arch, parts.items[3], error);
	if (!text_equal(parts.items[3], "module"))
		return 0;

	if (!path_is_plain_name(release) || !path_is_plain_name(arch) || is_reserved(release))
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
				 "%s is refused: %s/%s in it cannot be a kernel and its "
				 "architecture.",
				 tarball->file, release, arch);
	kernel_ids_add(&tarball->kernels, release, arch);
	return 0;
}

static int find_builds(struct tarball *tarball, const struct strmap *entries, struct error *error)
{
	STRMAP_FOREACH (entry, entries)
		if (is_directory(entries, entry->key) && add_build(tarball, entry->key, error) < 0)
			return error->code;
	kernel_ids_sort(&tarball->kernels);
	return 0;
}

/* root, "" for the top, will be moved away from all else: its links must stay inside it. */
static int check_links(const struct tarball *tarball, const struct strmap *entries,
		       const char *root, struct error *error)
{
	size_t skip = *root ? strlen(root) + 1 : 0;

	STRMAP_FOREACH (item, entries) {
		const struct tarball_entry *entry = item->value;

		if (entry->kind != TARBALL_LINK || (*root && !path_is_within(item->key, root)) ||
		    link_stays_inside(item->key + skip, entry->target))
			continue;
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
				 "%s is refused: \"%s\" in it is a link that leads out of %s.",
				 tarball->file, item->key, *root ? root : "it");
	}
	return 0;
}

static int check_build_links(const struct tarball *tarball, const struct strmap *entries,
			     struct error *error)
{
	for (size_t i = 0; i < tarball->kernels.count; i++) {
		const struct kernel_id *kernel = &tarball->kernels.items[i];
		cleanup(free_string) char *root = path_join(TARBALL_BUILDS_DIRECTORY,
							    kernel->release, kernel->arch, NULL);

		if (check_links(tarball, entries, root, error) < 0)
			return error->code;
	}
	return 0;
}

static int look_at(struct tarball *tarball, const struct strmap *entries, struct error *error)
{
	cleanup(free_string) char *conf = NULL;

	if (find_source(tarball, entries, &conf, error) < 0 ||
	    find_builds(tarball, entries, error) < 0)
		return error->code;
	char *slash = strrchr(conf, '/');
	cleanup(free_string) char *root = xstrndup(conf, slash ? (size_t)(slash - conf) : 0);

	if (check_links(tarball, entries, root, error) < 0 ||
	    check_build_links(tarball, entries, error) < 0)
		return error->code;
	tarball->source = path_join(tarball->content, root, NULL);
	tarball->conf_file = path_join(tarball->content, conf, NULL);
	if (file_is_regular(tarball->conf_file))
		return 0;
	return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
			 "%s is not a valid DKMS tarball: its %s is a link to no file.",
			 tarball->file, conf);
}

static int unpack(struct tarball *tarball, const char *directory, struct strmap *entries,
		  struct error *error)
{
	cleanup(free_string) char *parent = directory_nearest(directory);
	cleanup(free_string) char *real = realpath(parent, NULL);

	if (!real)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot resolve %s", parent);
	if (staging_open(real, "tarball", &tarball->staging, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	tarball->content = path_join(tarball->staging.path, "content", NULL);
	if (mkdir(tarball->content, 0755) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot make the directory %s",
				   tarball->content);
	return tarball_unpack(tarball->file, tarball->content, &tarball_default_limits, entries,
			      error);
}

int tarball_open(const char *file, const char *directory, struct tarball **ret_tarball,
		 struct error *error)
{
	cleanup(tarball_close_handler) struct tarball *tarball = NEW(struct tarball);
	cleanup(entries_free) struct strmap entries = {0};

	tarball->file = xstrdup(file);
	if (unpack(tarball, directory, &entries, error) < 0 ||
	    look_at(tarball, &entries, error) < 0)
		return error->code;
	*ret_tarball = TAKE(tarball);
	return 0;
}

void tarball_close(struct tarball *tarball)
{
	staging_close(&tarball->staging);
	kernel_ids_free(&tarball->kernels);
	module_id_free(&tarball->registered);
	free(tarball->file);
	free(tarball->content);
	free(tarball->source);
	free(tarball->conf_file);
	free(tarball);
}

static int check_build(const struct tarball *tarball, const struct kernel_id *kernel,
		       struct error *error)
{
	cleanup(free_string) char *directory = path_join(tarball->content, TARBALL_BUILDS_DIRECTORY,
							 kernel->release, kernel->arch, "module",
							 NULL);
	cleanup(strv_free) struct strv names = {0}, paths = {0};
	const char *name;

	if (directory_list(directory, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *module = module_name_of_file(name);

		if (module)
			strv_add_owned(&paths, path_join(directory, name, NULL));
	}
	if (modules_check(&paths, error) < 0)
		return error_wrap(error, "%s is refused: its build for kernel %s (%s) is damaged",
				  tarball->file, kernel->release, kernel->arch);
	return 0;
}

int tarball_check_modules(const struct tarball *tarball, struct error *error)
{
	for (size_t i = 0; i < tarball->kernels.count; i++)
		if (check_build(tarball, &tarball->kernels.items[i], error) < 0)
			return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}
