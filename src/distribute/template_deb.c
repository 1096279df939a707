/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/template_deb.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "distribute/deb.h"
#include "distribute/names.h"
#include "distribute/payload.h"
#include "distribute/tools.h"

enum { FILE_MAX = 1 << 20, LINE_MAX_LENGTH = 64 };

/* $1: the directory, $2: what to build. Who is root in a cage needs no fakeroot. */
static const char build_script[] =
	"umask 022\n"
	"cd \"$1\"\n"
	"chmod +x debian/rules\n"
	"if [ \"$(id -u)\" = 0 ]; then become=; else become=-rfakeroot; fi\n"
	"dpkg-buildpackage -d \"$2\" -us -uc $become\n"
	"cd ..\n"
	"case $2 in\n"
	"-b) set -- *.deb ;;\n"
	"*) set -- *.tar.* *.diff.gz *.dsc *.changes ;;\n"
	"esac\n"
	"for file; do [ ! -e \"$file\" ] || mv \"$file\" out/; done\n";

char *template_deb_find(const struct distribute_request *request, const char *verb)
{
	cleanup(free_string) char *name = text_format("%s-dkms-%s", request->id->name, verb);
	cleanup(free_string) char *shared = text_format("/etc/dkms/template-dkms-%s", verb);
	cleanup(free_string) char *own = path_join(request->source, name, NULL);
	cleanup(free_string) char *system = settings_path(request->settings, shared);

	if (file_is_directory(own) && !file_is_symlink(own))
		return TAKE(own);
	return file_is_directory(system) ? TAKE(system) : NULL;
}

struct replacement {
	const char *word;
	char *value; /* owned */
};

enum { REPLACEMENTS = 6 };

static void release(struct replacement *replacements)
{
	for (int i = 0; i < REPLACEMENTS; i++)
		free(replacements[i].value);
}

static char *replace(const char *text, const char *word, const char *value)
{
	struct buffer result = {0};

	for (const char *next; (next = strstr(text, word)); text = next + strlen(word)) {
		buffer_add(&result, text, (size_t)(next - text));
		buffer_add_text(&result, value);
	}
	buffer_add_text(&result, text);
	return buffer_take(&result);
}

static char *build_architecture(void)
{
	static const char *const argv[] = {"dpkg", "--print-architecture", NULL};
	const struct process process = {.argv = (char *const *)argv, .stderr_fd = -1};
	cleanup(error_clear) struct error ignored = {0};
	char *text = NULL;
	int status = 0;

	if (process_capture(&process, LINE_MAX_LENGTH, &text, NULL, &status, &ignored) < 0 ||
	    status) {
		free(text);
		return xstrdup("all");
	}
	cleanup(free_string) char *line = text;

	return text_trimmed(line);
}

/* In the order in which dkms 2 replaced them. */
static int choose(const struct making *making, struct replacement *ret, struct error *error)
{
	const struct distribute_request *request = making->request;
	const struct kernel_ids *kernels = request->kernels;
	cleanup(free_string) char *stem = NULL;

	if (name_debian(request->id->name, &stem, error) < 0)
		return error->code;
	ret[0] = (struct replacement){"DEBIAN_PACKAGE", xstrdup(stem)};
	ret[1] = (struct replacement){"DEBIAN_BUILD_ARCH",
				      request->source_only ? xstrdup("all") : build_architecture()};
	ret[2] = (struct replacement){"KERNEL_VERSION",
				      xstrdup(kernels->count ? kernels->items[0].release : "")};
	ret[3] = (struct replacement){"MODULE_NAME", xstrdup(request->id->name)};
	ret[4] = (struct replacement){"MODULE_VERSION", xstrdup(request->id->version)};
	ret[5] = (struct replacement){"DATE_STAMP", deb_date(making->time)};
	return 0;
}

static int modify_file(const char *path, const struct replacement *replacements,
		       struct error *error)
{
	cleanup(free_string) char *text = NULL;
	struct stat info;

	if (lstat(path, &info) < 0)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return 0;
	if (file_read_nofollow(path, FILE_MAX, &text, NULL, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	for (int i = 0; i < REPLACEMENTS; i++) {
		char *replaced = replace(text, replacements[i].word, replacements[i].value);

		free(text);
		text = replaced;
	}
	return file_write_unsynced(path, text, strlen(text), info.st_mode & 0777, error);
}

static int modify(const struct making *making, const char *directory, struct error *error)
{
	struct replacement replacements[REPLACEMENTS] = {{0}};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	/* A link would lead out of our copy. */
	if (file_is_symlink(directory) || !file_is_directory(directory))
		return error_set(error, -ENOTDIR, EXIT_NO_PRODUCT,
				 "The template holds no directory debian, so it is none.");
	if (directory_list(directory, &names, error) < 0 ||
	    choose(making, replacements, error) < 0) {
		release(replacements);
		return error->code;
	}
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		report(making->request->reporter, REPORT_LINE, "modifying debian/%s...", name);
		if (modify_file(path, replacements, error) < 0)
			break;
	}
	release(replacements);
	return error->code;
}

static int add_common_postinst(const struct making *making, const char *directory,
			       struct error *error)
{
	cleanup(free_string) char *from = settings_path(making->request->settings,
							"/usr/lib/dkms/common.postinst");
	cleanup(free_string) char *to = path_join(directory, "common.postinst", NULL);

	if (text_equal(making->request->options.legacy_postinst, "0") || !file_is_regular(from))
		return 0;
	report(making->request->reporter, REPORT_LINE, "copying legacy postinstall template...");
	return file_copy_unsynced(from, to, error);
}

/* The template as the source's own copy has it, where it is the source's. */
static int lay_out(struct making *making, const char *template, const char *directory,
		   struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *id = text_format("%s-%s", request->id->name,
						    request->id->version);
	cleanup(free_string) char *source = path_join(making->workshop.tree, "source", NULL);
	cleanup(free_string) char *place = path_join(directory, id, NULL);
	cleanup(free_string) char *own = path_join(source, path_basename(template), NULL);
	cleanup(free_string) char *debian = path_join(directory, "debian", NULL);
	bool is_own = path_is_within(template, request->source);

	report(request->reporter, REPORT_LINE, "Using %s", template);
	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0)
		return error->code;
	report(request->reporter, REPORT_LINE, "copying template...");
	if (directory_copy(is_own ? own : template, directory, error) < 0 ||
	    modify(making, debian, error) < 0 ||
	    add_common_postinst(making, directory, error) < 0 ||
	    file_rename(source, place, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

static int publish(struct making *making, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (workshop_list(&making->workshop, &names, error) < 0)
		return error->code;
	if (!names.count)
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT, "The template made no package.");
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *made = path_join("out", name, NULL);

		if (!path_is_plain_name(name))
			return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
					 "The template made a file whose name cannot be used.");
		if (publication_add(&making->publication, &making->workshop, made, name, error) < 0)
			return error->code;
	}
	return 0;
}

int template_deb_make(struct making *making, const char *template, bool is_source,
		      struct error *error)
{
	static const char *const programs[] = {"dpkg-buildpackage", "fakeroot", NULL};
	cleanup(free_string) char *directory = path_join(making->workshop.tree, "package", NULL);
	const char *const arguments[] = {"package", is_source ? "-S" : "-b", NULL};
	struct workshop_job job = {
		.purpose = "creating your deb", .script = build_script, .arguments = arguments};

	if (tools_require(programs, error) < 0 || lay_out(making, template, directory, error) < 0)
		return error->code;
	job.time = making->time;
	report(making->request->reporter, REPORT_LINE, "Building %s package...",
	       is_source ? "source" : "binary");
	if (workshop_run(&making->workshop, &job, error) < 0)
		return error->code;
	return publish(making, error);
}
