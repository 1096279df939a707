/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "package/tarball.h"
#include "package/tarball_names.h"
#include "package/tarball_writer.h"
#include "tree/layout.h"
#include "tree/safety.h"

/* The longest list of kernels in a name; one over it is "manykernels". */
#define KERNEL_LIST_LIMIT 199

struct making {
	const struct tarball_make_request *request;
	struct tarball_writer *writer;
	char *source; /* of M/V: a link */
	char *conf_file;
	int conf_fd; /* the same, opened */
	time_t time; /* of entries without a file of their own: the conf's */
};

static char *list_kernels(const struct kernel_ids *kernels)
{
	struct buffer list = {0};

	if (!kernels->count)
		return xstrdup("source-only");
	for (size_t i = 0; i < kernels->count; i++)
		buffer_add_format(&list, "%skernel%s-%s", i ? "-" : "", kernels->items[i].release,
				  kernels->items[i].arch);
	char *text = buffer_take(&list);

	if (strlen(text) > KERNEL_LIST_LIMIT)
		text_assign(&text, "manykernels");
	return text;
}

char *tarball_place(const struct tarball_make_request *request)
{
	cleanup(free_string) char *directory = layout_tarballs(request->settings, request->id);
	cleanup(free_string) char *kernels = list_kernels(request->kernels);
	cleanup(free_string) char *name = text_format("%s-%s-%s.dkms.tar.gz", request->id->name,
						      request->id->version, kernels);

	if (!request->archive)
		return path_join(directory, name, NULL);
	if (text_ends_with(request->archive, "/") || text_equal(request->archive, ".") ||
	    text_equal(request->archive, "..") ||
	    (strchr(request->archive, '/') && file_is_directory(request->archive)))
		return path_join(request->archive, name, NULL);
	if (strchr(request->archive, '/'))
		return xstrdup(request->archive);
	return path_join(directory, request->archive, NULL);
}

/* Each file and directory is examined as it was opened, as a build does (tree/safety.h). */
static int pack_tree(const struct making *making, const char *name, const char *path,
		     bool (*leave_out)(const char *name), struct error *error)
{
	const struct tarball_make_request *request = making->request;
	struct safety_source safety = {request->settings, request->id, path, "is not packed"};
	const struct tarball_rules rules = {
		.leave_out = leave_out,
		.examine = request->unsafe ? NULL : safety_examine_opened,
		.context = &safety,
	};

	return tarball_writer_add_tree(making->writer, name, path, &rules, error);
}

static int pack_build(const struct making *making, const struct kernel_id *kernel,
		      struct error *error)
{
	const struct tarball_make_request *request = making->request;
	cleanup(free_string) char *release = path_join(TARBALL_BUILDS_DIRECTORY, kernel->release,
						       NULL);
	cleanup(free_string) char *name = path_join(release, kernel->arch, NULL);
	cleanup(free_string) char *build = layout_product(request->settings, request->id, kernel);

	report(request->reporter, REPORT_LINE, "Packing what is built for kernel %s (%s)",
	       kernel->release, kernel->arch);
	return pack_tree(making, name, build, tarball_is_local, error);
}

/* The conf may say otherwise; directories need no parser where this is loaded. */
static int pack_registered_name(const struct making *making, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *top = path_join(TARBALL_BUILDS_DIRECTORY, TARBALL_NAME_DIRECTORY,
						   NULL);
	cleanup(free_string) char *name = path_join(top, id->name, NULL);
	cleanup(free_string) char *version = path_join(name, id->version, NULL);

	if (tarball_writer_add_directory(making->writer, top, making->time, error) < 0 ||
	    tarball_writer_add_directory(making->writer, name, making->time, error) < 0)
		return error->code;
	return tarball_writer_add_directory(making->writer, version, making->time, error);
}

/* Each release has one directory in front of those of its architectures. */
static int pack_builds(const struct making *making, struct error *error)
{
	const struct kernel_ids *given = making->request->kernels;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	for (size_t i = 0; i < given->count; i++)
		kernel_ids_add(&kernels, given->items[i].release, given->items[i].arch);
	kernel_ids_sort(&kernels);
	if (tarball_writer_add_directory(making->writer, TARBALL_BUILDS_DIRECTORY, making->time,
					 error) < 0 ||
	    pack_registered_name(making, error) < 0)
		return error->code;
	for (size_t i = 0; i < kernels.count; i++) {
		const char *release = kernels.items[i].release;
		cleanup(free_string) char *name = path_join(TARBALL_BUILDS_DIRECTORY, release,
							    NULL);

		if (i && text_equal(release, kernels.items[i - 1].release) &&
		    text_equal(kernels.items[i].arch, kernels.items[i - 1].arch))
			continue; /* named twice */
		if ((!i || !text_equal(release, kernels.items[i - 1].release)) &&
		    tarball_writer_add_directory(making->writer, name, making->time, error) < 0)
			return error->code;
		if (pack_build(making, &kernels.items[i], error) < 0)
			return error->code;
	}
	return 0;
}

/* A name and a version are a line each. */
static int pack_line(const struct making *making, const char *name, const char *text,
		     struct error *error)
{
	cleanup(free_string) char *path = path_join(TARBALL_BINARIES_DIRECTORY, name, NULL);
	cleanup(free_string) char *line = text_format("%s\n", text);

	return tarball_writer_add_text(making->writer, path, line, making->time, error);
}

static int pack_binaries_only(const struct making *making, struct error *error)
{
	const struct module_id *id = making->request->id;

	if (tarball_writer_add_directory(making->writer, TARBALL_BINARIES_DIRECTORY, making->time,
					 error) < 0 ||
	    pack_line(making, "PACKAGE_NAME", id->name, error) < 0 ||
	    pack_line(making, "PACKAGE_VERSION", id->version, error) < 0)
		return error->code;
	return tarball_writer_add_file(making->writer, TARBALL_BINARIES_DIRECTORY "/dkms.conf",
				       making->conf_fd, making->conf_file, error);
}

/* The history of a source is no part of it. */
static bool is_history(const char *name)
{
	return text_equal(name, ".git") || text_equal(name, ".hg") || text_equal(name, ".svn");
}

static int pack_source(const struct making *making, struct error *error)
{
	report(making->request->reporter, REPORT_LINE, "Packing the source %s", making->source);
	return pack_tree(making, TARBALL_SOURCE_DIRECTORY, making->source, is_history, error);
}

/* The source's own conf may be a link inside of the source; -EXDEV if it leads out. */
static int open_own_conf(const char *source)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	cleanup(close_fd) int directory = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return -errno;
	int fd = (int)syscall(SYS_openat2, directory, "dkms.conf", &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS) /* before Linux 5.6 */
		fd = openat(directory, "dkms.conf", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens the conf. The administrator chose a path on the command line, so links are followed. Links
 * in the source must not lead out of it. */
static int open_conf(struct making *making, struct error *error)
{
	const char *given = making->request->conf_file;
	int fd = given ? open(given, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
		       : open_own_conf(making->source);
	int code = !given ? fd : fd < 0 ? -errno : 0;
	struct stat info;

	if (fd >= 0)
		making->conf_fd = fd;
	if (code == -EXDEV || code == -ELOOP) {
		(void)error_set(error, code, EXIT_BROKEN,
				"%s is a link that leads out of the source.", making->conf_file);
		return error_hint(error, "Name the file that is meant with -c.");
	}
	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, fd < 0 ? code : -errno, EXIT_BROKEN, "Cannot read %s",
				   making->conf_file);
	making->time = info.st_mtim.tv_sec;
	return 0;
}

static int pack(struct making *making, struct error *error)
{
	if (open_conf(making, error) < 0)
		return error->code;
	if (making->request->binaries_only && pack_binaries_only(making, error) < 0)
		return error->code;
	if (pack_builds(making, error) < 0 ||
	    (!making->request->binaries_only && pack_source(making, error) < 0))
		return error->code;
	return tarball_writer_finish(making->writer, error);
}

static int open_and_pack(struct making *making, const char *path, struct error *error)
{
	int code = tarball_writer_open(path, making->request->reporter, &making->writer, error);

	if (code < 0)
		return code;
	code = pack(making, error);
	tarball_writer_free(making->writer);
	return code < 0 ? error_set_status(error, EXIT_INSTALL) : 0;
}

int tarball_make(const struct tarball_make_request *request, char **ret_path, struct error *error)
{
	cleanup(free_string) char *path = tarball_place(request);
	cleanup(free_string) char *directory = path_parent(path);
	cleanup(free_string) char *present = directory_nearest(directory);
	cleanup(free_string) char *source = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *conf = request->conf_file ? xstrdup(request->conf_file)
							     : path_join(source, "dkms.conf", NULL);
	struct making making = {
		.request = request, .source = source, .conf_file = conf, .conf_fd = -1};
	int code;

	if (file_make_directories(directory, error) < 0)
		return error_set_status(error, EXIT_NO_CONF);
	code = open_and_pack(&making, path, error);
	close_fd(&making.conf_fd);
	if (code < 0) {
		directory_prune(directory, present);
		return error->code;
	}
	*ret_path = TAKE(path);
	return 0;
}
