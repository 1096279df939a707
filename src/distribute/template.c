/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/template.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/builds.h"
#include "distribute/deb.h"
#include "distribute/rpm.h"

enum { FILE_MAX = 1 << 20 };

/*
 * $1: -b or -S, $2: the name of the archive of binaries-N, for package-N. root in a cage needs no
 * fakeroot.
 */
static const char deb_script[] =
	"umask 022\n"
	"if [ \"$(id -u)\" = 0 ]; then become=; else become=-rfakeroot; fi\n"
	"for package in package-*; do\n"
	"	binaries=binaries-${package#package-}\n"
	"	[ ! -d \"$binaries\" ] || tar --sort=name --mtime=\"@$SOURCE_DATE_EPOCH\" --owner=0 \\\n"
	"		--group=0 --numeric-owner --format=gnu -C \"$binaries\" -cf - . |\n"
	"		gzip -9n >\"$package/$2\"\n"
	"	chmod +x \"$package/debian/rules\"\n"
	"	(cd \"$package\" && dpkg-buildpackage -d \"$1\" -us -uc $become)\n"
	"done\n"
	"case $1 in\n"
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

/* The order is that of dkms 2. */
static int choose(const struct making *making, const struct kernel_id *kernel,
		  struct replacement *ret, struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *stem = NULL;

	if (deb_name(request->id->name, &stem, error) < 0)
		return error->code;
	ret[0] = (struct replacement){"DEBIAN_PACKAGE", xstrdup(stem)};
	ret[1] = (struct replacement){"DEBIAN_BUILD_ARCH", request->source_only
								   ? xstrdup("all")
								   : deb_own_architecture()};
	ret[2] = (struct replacement){"KERNEL_VERSION", xstrdup(kernel ? kernel->release : "")};
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

static int modify(const struct making *making, const struct kernel_id *kernel,
		  const char *directory, struct error *error)
{
	struct replacement replacements[REPLACEMENTS] = {{0}};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	/* A link would lead out of our copy. */
	if (file_is_symlink(directory) || !file_is_directory(directory))
		return error_set(error, -ENOTDIR, EXIT_NO_PRODUCT,
				 "The template holds no directory debian.");
	if (directory_list(directory, &names, error) < 0 ||
	    choose(making, kernel, replacements, error) < 0) {
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

/* The template of one package. */
struct layout {
	const char *template;
	size_t number;
	const struct kernel_id *kernel; /* NULL: none is known */
	char *package;                  /* package-N, owned */
	char *source;                   /* M-V in it, owned */
};

static void layout_release(struct layout *layout)
{
	free(layout->package);
	free(layout->source);
}

/* A template in the source is read from our copy of the source. */
static int lay_out_deb(struct making *making, struct layout *layout, struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *package = text_format("package-%zu", layout->number);
	cleanup(free_string) char *id = text_format("%s-%s", request->id->name,
						    request->id->version);
	cleanup(free_string) char *source = path_join(making->workshop.tree, "source", NULL);
	cleanup(free_string) char *own = path_join(source, path_basename(layout->template), NULL);
	bool is_own = path_is_within(layout->template, request->source);

	layout->package = path_join(making->workshop.tree, package, NULL);
	layout->source = path_join(layout->package, id, NULL);
	cleanup(free_string) char *debian = path_join(layout->package, "debian", NULL);

	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0)
		return error->code;
	report(request->reporter, REPORT_LINE, "copying template...");
	if (directory_copy(is_own ? own : layout->template, layout->package, error) < 0 ||
	    modify(making, layout->kernel, debian, error) < 0 ||
	    add_common_postinst(making, layout->package, error) < 0 ||
	    file_rename(source, layout->source, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

/* The layout of mktarball --binaries-only: dkms_main_tree/K/A/module, and the module's name. */
static int lay_out_binaries(struct making *making, const struct layout *layout, struct error *error)
{
	const struct distribute_request *request = making->request;
	const struct kernel_id *kernel = layout->kernel;
	cleanup(free_string) char *directory = text_format("binaries-%zu", layout->number);
	cleanup(free_string) char *root = path_join(making->workshop.tree, directory, NULL);
	cleanup(free_string) char *modules = path_join(root, "dkms_main_tree", kernel->release,
						       kernel->arch, "module", NULL);
	cleanup(free_string) char *name = text_format("%s\n", request->id->name);
	cleanup(free_string) char *version = text_format("%s\n", request->id->version);
	cleanup(free_string) char *from = path_join(layout->source, "dkms.conf", NULL);
	cleanup(free_string) char *to = path_join(root, "dkms_binaries_only/dkms.conf", NULL);
	cleanup(strv_free) struct strv names = {0};
	size_t size = 0;

	report(request->reporter, REPORT_LINE, "Gathering binaries...");
	report(request->reporter, REPORT_LINE, "Marking modules for %s (%s) for archiving...",
	       kernel->release, kernel->arch);
	if (builds_list(request, kernel, &names, error) < 0 ||
	    builds_add(making, kernel, &names, modules, error) < 0 ||
	    payload_add_text(root, "dkms_binaries_only/PACKAGE_NAME", name, 0644, error) < 0 ||
	    payload_add_text(root, "dkms_binaries_only/PACKAGE_VERSION", version, 0644, error) <
		    0 ||
	    file_copy_unsynced(from, to, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return payload_finish(root, making->time, &size, error);
}

/* Lays out all packages before the first program runs. */
static int lay_out_all(struct making *making, const char *template, enum template_kind kind,
		       struct error *error)
{
	const struct kernel_ids *kernels = making->request->kernels;
	size_t count = kind == TEMPLATE_MODULES ? kernels->count : 1;

	report(making->request->reporter, REPORT_LINE, "Using %s", template);
	for (size_t i = 0; i < count; i++) {
		cleanup(layout_release) struct layout layout = {
			.template = template,
			.number = i,
			.kernel = i < kernels->count ? &kernels->items[i] : NULL,
		};

		if (lay_out_deb(making, &layout, error) < 0 ||
		    (kind == TEMPLATE_MODULES && lay_out_binaries(making, &layout, error) < 0))
			return error->code;
	}
	return 0;
}

int template_deb_make(struct making *making, const char *template, enum template_kind kind,
		      struct error *error)
{
	static const char *const programs[] = {"dpkg-buildpackage", "fakeroot", NULL};
	static const char *const products[] = {"deb", "dsc", "bmdeb"};
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *purpose = text_format("creating your %s from the template %s",
							 products[kind], template);
	cleanup(free_string) char *archive = text_format("%s-%s.dkms.tar.gz", id->name,
							 id->version);
	const char *const arguments[] = {kind == TEMPLATE_SOURCE ? "-S" : "-b", archive, NULL};
	struct workshop_job job = {
		.purpose = purpose, .script = deb_script, .arguments = arguments};

	if (workshop_require(programs, error) < 0 || lay_out_all(making, template, kind, error) < 0)
		return error->code;
	job.time = making->time;
	report(making->request->reporter, REPORT_LINE, "Building %s package...",
	       kind == TEMPLATE_SOURCE ? "source" : "binary");
	if (workshop_run(&making->workshop, &job, error) < 0)
		return error->code;
	return making_publish_all(making, template, error);
}

/*
 * $1: the module, $2: its version, $3: kernels. "none" says that the packages hold the source
 * alone: the cage hides the builds in the tree.
 */
static const char rpm_script[] =
	"umask 022\n"
	"mkdir -p top/db\n"
	"touch -d \"@$SOURCE_DATE_EPOCH\" template.spec\n"
	"rpmbuild -ba --define \"module_name $1\" --define \"version $2\" \\\n"
	"	--define \"kernel_versions $3 %{nil}\" --define 'mktarball_line none' " RPMBUILD_DEFINES
	" template.spec\n"
	"find top/RPMS top/SRPMS -name '*.rpm' -exec mv {} out/ \\;\n";

char *template_rpm_find(const struct distribute_request *request)
{
	cleanup(free_string) char *name = text_format("%s-dkms-mkrpm.spec", request->id->name);
	cleanup(free_string) char *own = path_join(request->source, name, NULL);
	cleanup(free_string) char *system = settings_path(request->settings,
							  "/etc/dkms/template-dkms-mkrpm.spec");

	if (file_is_regular(own) && !file_is_symlink(own))
		return TAKE(own);
	return file_is_regular(system) ? TAKE(system) : NULL;
}

/* A spec in the source is read from our copy of the source. */
static int add_spec(const struct making *making, const char *template, const char *source,
		    struct error *error)
{
	bool is_own = path_is_within(template, making->request->source);
	cleanup(free_string) char *own = path_join(source, path_basename(template), NULL);
	cleanup(free_string) char *text = NULL;
	int code = is_own ? file_read_nofollow(own, FILE_MAX, &text, NULL, error)
			  : file_read(template, FILE_MAX, &text, NULL, error);

	if (code < 0)
		return error_set_status(error, EXIT_PATCH_MISSING);
	return payload_add_text(making->workshop.tree, "template.spec", text, 0644, error);
}

static int lay_out_rpm(struct making *making, const char *template, struct error *error)
{
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);
	cleanup(free_string) char *sources = path_join(making->workshop.tree, "top/SOURCES", NULL);
	cleanup(free_string) char *source = path_join(sources, directory, NULL);
	size_t size = 0;

	report(making->request->reporter, REPORT_LINE, "Using %s", template);
	if (payload_add_source(making, source, error) < 0 ||
	    making_set_time(making, source, error) < 0 ||
	    add_common_postinst(making, sources, error) < 0 ||
	    payload_finish(sources, making->time, &size, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return add_spec(making, template, source, error);
}

/* "K1 K2": the kernels whose releases are plain words. */
static char *list_kernels(const struct kernel_ids *kernels)
{
	struct buffer list = {0};

	for (size_t i = 0; i < kernels->count; i++)
		if (rpm_is_plain(kernels->items[i].release))
			buffer_add_format(&list, "%s%s", list.length ? " " : "",
					  kernels->items[i].release);
	return buffer_take(&list);
}

int template_rpm_make(struct making *making, const char *template, struct error *error)
{
	static const char *const programs[] = {"rpmbuild", "find", NULL};
	const struct distribute_request *request = making->request;
	cleanup(rpm_release) struct rpm rpm = {0};
	cleanup(free_string) char *kernels = list_kernels(request->kernels);
	cleanup(free_string) char *purpose = text_format("creating your rpm from the template %s",
							 template);
	const char *const arguments[] = {request->id->name, request->id->version, kernels, NULL};
	struct workshop_job job = {
		.purpose = purpose, .script = rpm_script, .arguments = arguments};

	if (workshop_require(programs, error) < 0 ||
	    rpm_describe(request, request->id->name, &rpm, error) < 0 ||
	    lay_out_rpm(making, template, error) < 0)
		return error->code;
	job.time = making->time;
	report(request->reporter, REPORT_LINE, "rpmbuild...");
	if (workshop_run(&making->workshop, &job, error) < 0)
		return error->code;
	return making_publish_all(making, template, error);
}
