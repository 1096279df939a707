/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkdriverdisk: an image with packages of modules for an installer. */
#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/builds.h"
#include "distribute/deb.h"
#include "distribute/rpm.h"
#include "model/compression.h"

/* Red Hat's, Debian's or SUSE's installer. It decides where packages go. */
enum family { RHEL, DEBIAN, SUSE };

static const struct {
	const char *name;
	enum family family;
	const char *id; /* in names */
} distros[] = {
	{"rhel", RHEL, NULL},         {"redhat3", RHEL, NULL}, {"debian", DEBIAN, "debian"},
	{"ubuntu", DEBIAN, "ubuntu"}, {"suse", SUSE, "suse"},
};

/*
 * Moves the packages from out/ to disk/, and makes the image of that. $1: the label, $2: the image,
 * $3: its description, $4: its kind, $5: the family, $6: the directory for packages.
 */
static const char build_script[] =
	"umask 022\n"
	"mkdir -p disk\n"
	"case $5 in\n"
	"rhel)\n"
	"	printf '%s\\n' \"$3\" >disk/rhdd3\n"
	"	for file in out/*.rpm; do\n"
	"		arch=${file%.rpm}\n"
	"		mkdir -p \"disk/rpms/${arch##*.}\"\n"
	"		touch -d \"@$SOURCE_DATE_EPOCH\" \"$file\"\n"
	"		mv \"$file\" \"disk/rpms/${arch##*.}/\"\n"
	"	done\n"
	"	for directory in disk/rpms/*; do\n"
	"		! command -v createrepo_c >/dev/null || createrepo_c -q --no-database \\\n"
	"			--revision \"$SOURCE_DATE_EPOCH\" --set-timestamp-to-revision \"$directory\"\n"
	"	done ;;\n"
	"*)\n"
	"	mkdir -p \"disk/$6\"\n"
	"	mv out/* \"disk/$6/\" ;;\n"
	"esac\n"
	"find disk -exec touch -h -d \"@$SOURCE_DATE_EPOCH\" {} +\n"
	"case $4 in\n"
	"iso) xorriso -as mkisofs -quiet -r -J -joliet-long -V \"$1\" -o \"out/$2\" disk ;;\n"
	"tar) tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -C disk -cf \"out/$2\" . ;;\n"
	"cpio) cd disk && find . -mindepth 1 | LC_ALL=C sort |\n"
	"	cpio -o -H newc -R 0:0 --reproducible --quiet | gzip -9n >\"../out/$2\" ;;\n"
	"esac\n";

struct disk {
	enum family family;
	const char *id;
	const char *media; /* "iso", "tar", "cpio" */
	const char *label;
	char *file; /* owned */
};

static void disk_release(struct disk *disk)
{
	free(disk->file);
}

static int choose_distro(const char *name, struct disk *disk, struct error *error)
{
	if (!name)
		return error_set(
			error, -EINVAL, EXIT_USAGE,
			"Which installer is the disk for? Name it: --distro rhel, suse, debian or "
			"ubuntu.");
	for (size_t i = 0; i < sizeof(distros) / sizeof(*distros); i++)
		if (text_equal(distros[i].name, name)) {
			disk->family = distros[i].family;
			disk->id = distros[i].id;
			return 0;
		}
	return error_set(
		error, -EINVAL, EXIT_TREE,
		"There are no driver disks for \"%s\". --distro knows rhel (or redhat3), suse, "
		"debian and ubuntu.",
		name);
}

static int choose_media(const char *media, struct disk *disk, struct error *error)
{
	if (text_equal(media, "floppy"))
		return error_set(error, -EINVAL, EXIT_TREE,
				 "Installers of today read no floppies. Use --media iso or tar.");
	if (media && !text_equal(media, "iso") && !text_equal(media, "tar"))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "--media knows iso and tar, not \"%s\".", media);
	disk->media = media ? media : disk->family == SUSE ? "cpio" : "iso";
	return 0;
}

/* A volume's name in ISO 9660 has 32 characters at most. */
static int choose_label(const char *label, struct disk *disk, struct error *error)
{
	enum { LABEL_MAX = 32 };

	disk->label = label ? label : "OEMDRV";
	if (strlen(disk->label) <= LABEL_MAX && path_is_plain_name(disk->label))
		return 0;
	return error_set(error, -EINVAL, EXIT_USAGE, "\"%s\" cannot be the label of a disk.",
			 label);
}

static int require_release(const struct distribute_options *options, const struct disk *disk,
			   struct error *error)
{
	const char *release = options->disk_release;

	if (disk->family == RHEL || (release && path_is_plain_name(release)))
		return 0;
	return error_set(error, -EINVAL, EXIT_TREE,
			 "Which release is the disk for? Name it: --release %s",
			 disk->family == SUSE ? "sle15, leap15.6, tw …" : "bookworm, noble …");
}

/* Red Hat's releases end with the architecture, and may have a variant behind it: ".x86_64+rt". */
static bool is_of_red_hat(const struct kernel_id *kernel)
{
	cleanup(free_string) char *ending = text_format(".%s", kernel->arch);

	return rpm_knows_kernel(kernel->release) && strstr(kernel->release, ending);
}

/* Red Hat's installers compare the kernel's release. */
static int require_kernels(const struct distribute_request *request, const struct disk *disk,
			   struct error *error)
{
	for (size_t i = 0; disk->family == RHEL && i < request->kernels->count; i++)
		if (!is_of_red_hat(&request->kernels->items[i]))
			return error_set(
				error, -EINVAL, EXIT_USAGE,
				"%s is no kernel of Red Hat: Red Hat's installer could not "
				"compare its release.",
				request->kernels->items[i].release);
	return 0;
}

static int describe(const struct distribute_request *request, struct disk *disk,
		    struct error *error)
{
	const struct distribute_options *options = &request->options;
	const struct module_id *id = request->id;

	if (choose_distro(options->disk, disk, error) < 0 ||
	    choose_media(options->media, disk, error) < 0 ||
	    choose_label(options->label, disk, error) < 0 ||
	    require_release(options, disk, error) < 0 || require_kernels(request, disk, error) < 0)
		return error->code;
	const char *suffix = text_equal(disk->media, "cpio") ? "cpio.gz" : disk->media;

	disk->file = disk->id ? text_format("%s-%s-%s-%s-dd.%s", id->name, id->version, disk->id,
					    options->disk_release, suffix)
			      : text_format("%s-%s-dd.%s", id->name, id->version, suffix);
	return 0;
}

int disk_names(const struct distribute_request *request, struct strv *names, struct error *error)
{
	cleanup(disk_release) struct disk disk = {0};

	if (describe(request, &disk, error) < 0)
		return error->code;
	strv_add(names, disk.file);
	return 0;
}

/* A module version always has the same id: two disks with it are one update. */
static char *update_id(const struct module_id *id)
{
	cleanup(free_string) char *name = text_format("%s/%s", id->name, id->version);
	cleanup(free_string) char *digest = digest_of(name, strlen(name));

	return text_format("%.8s-%.4s-%.4s-%.4s-%.12s", digest, digest + 8, digest + 12,
			   digest + 16, digest + 20);
}

/* "linux/suse/x86_64-sle15" */
static char *suse_directory(const struct distribute_request *request,
			    const struct kernel_id *kernel)
{
	return text_format("linux/suse/%s-%s", kernel->arch, request->options.disk_release);
}

/* The installer loads modules/ in the order of a list, and installs the packages in install/. */
static int lay_out_suse(const struct making *making, const char *disk, struct error *error)
{
	const struct distribute_request *request = making->request;
	const struct kernel_id *kernel = &request->kernels->items[0];
	cleanup(free_string) char *place = suse_directory(request, kernel);
	cleanup(free_string) char *root = path_join(disk, place, NULL);
	cleanup(free_string) char *modules = path_join(root, "modules", NULL);
	cleanup(free_string) char *id = update_id(request->id);
	cleanup(free_string) char *config = text_format("UpdateID: %s\nUpdateName: %s %s\n", id,
							request->id->name, request->id->version);
	cleanup(strv_free) struct strv names = {0};
	struct buffer order = {0};
	const char *name;
	size_t size = 0;

	if (builds_list(request, kernel, &names, error) < 0 ||
	    builds_add(making, kernel, &names, modules, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *module = module_name_of_file(name);

		buffer_add_format(&order, "%s\n", module);
	}
	cleanup(free_string) char *list = buffer_take(&order);

	if (payload_add_text(modules, "module.order", list, 0644, error) < 0 ||
	    payload_add_text(root, "dud.config", config, 0644, error) < 0)
		return error->code;
	return payload_finish(disk, making->time, &size, error);
}

static int make_packages(struct making *making, const struct disk *disk, struct error *error)
{
	cleanup(free_string) char *place = path_join(making->workshop.tree, "disk", NULL);
	cleanup(strv_free) struct strv names = {0};

	making->plain_modules = disk->family == RHEL;
	if (disk->family == DEBIAN)
		return deb_modules_build(making, &names, error);
	if (disk->family == SUSE && making->request->kernels->count > 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "A driver update for SUSE is for one kernel. Name it with -k.");
	if (disk->family == SUSE &&
	    (builds_set_time(making, error) < 0 || lay_out_suse(making, place, error) < 0))
		return error->code;
	return rpm_modules_build(making, &names, error);
}

static char *package_directory(const struct distribute_request *request, const struct disk *disk)
{
	cleanup(free_string) char *suse = suse_directory(request, &request->kernels->items[0]);

	if (disk->family == SUSE)
		return path_join(suse, "install", NULL);
	return text_format("%s-drivers/%s", disk->id ? disk->id : "rhel",
			   request->options.disk_release ? request->options.disk_release : "");
}

static int build(struct making *making, const struct disk *disk, struct error *error)
{
	static const char *const names[] = {"rhel", "debian", "suse"};
	const struct module_id *id = making->request->id;
	cleanup(free_string) char *description = text_format("%s-%s driver disk", id->name,
							     id->version);
	cleanup(free_string) char *place = package_directory(making->request, disk);
	const char *const arguments[] = {disk->label,         disk->file, description, disk->media,
					 names[disk->family], place,      NULL};
	const struct workshop_job job = {
		.purpose = "making the driver disk",
		.script = build_script,
		.arguments = arguments,
		.time = making->time,
	};

	report(making->request->reporter, REPORT_LINE, "making the driver disk...");
	return workshop_run(&making->workshop, &job, error);
}

int disk_make(struct making *making, struct error *error)
{
	static const char *const iso[] = {"xorriso", "find", NULL};
	static const char *const tar[] = {"tar", "find", NULL};
	static const char *const cpio[] = {"cpio", "gzip", "find", NULL};
	cleanup(disk_release) struct disk disk = {0};
	cleanup(strv_free) struct strv names = {0};

	if (describe(making->request, &disk, error) < 0 ||
	    workshop_require(text_equal(disk.media, "iso")   ? iso
			     : text_equal(disk.media, "tar") ? tar
							     : cpio,
			     error) < 0 ||
	    make_packages(making, &disk, error) < 0 || build(making, &disk, error) < 0)
		return error->code;
	strv_add(&names, disk.file);
	return making_publish(making, &names, error);
}
