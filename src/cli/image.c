/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms image: the built modules as an image for containers that load them: /opt/lib/modules/K with
 * what depmod says, as Kernel Module Management wants it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/process.h"
#include "base/staging.h"
#include "base/text.h"
#include "cli/actions.h"
#include "kernel/module_lists.h"
#include "module/compress.h"
#include "remote/remote.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"

/* Where the modules go, below the kernel's directory. */
#define PLACE "updates/dkms"

struct image {
	struct invocation *invocation;
	const struct kernel_id *kernel;
	struct staging staging;
	char *base;      /* for depmod -b: STAGING/root/opt */
	char *directory; /* BASE/lib/modules/K */
	time_t time;
};

static void image_release(struct image *image)
{
	staging_close(&image->staging);
	free(image->base);
	free(image->directory);
}

/* Copies the modules as the tree has them: signed, and compressed like the kernel's own. */
static int copy_modules(struct image *image, struct error *error)
{
	const struct invocation *invocation = image->invocation;
	cleanup(free_string) char *from = layout_product_modules(&invocation->settings,
								 &invocation->id, image->kernel);
	cleanup(free_string) char *to = path_join(image->directory, PLACE, NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (file_make_directories(to, error) < 0 || directory_list(from, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *source = path_join(from, name, NULL);
		cleanup(free_string) char *target = path_join(to, name, NULL);
		struct stat info;

		if (!strstr(name, ".ko") || file_is_symlink(source) || !file_is_regular(source))
			continue;
		if (stat(source, &info) == 0 && info.st_mtim.tv_sec > image->time)
			image->time = info.st_mtim.tv_sec;
		if (file_copy_unsynced(source, target, error) < 0)
			return error->code;
	}
	return 0;
}

/* Lists of the kernel's own modules: depmod reads them, and warns without them. */
static int copy_lists(const struct image *image, struct error *error)
{
	const char *tree = image->invocation->settings.install_tree;

	for (const char *const *list = module_lists_packaged; *list; list++) {
		cleanup(free_string) char *from = path_join(tree, image->kernel->release, *list,
							    NULL);
		cleanup(free_string) char *to = path_join(image->directory, *list, NULL);

		if (file_is_regular(from) ? file_copy_unsynced(from, to, error) < 0
					  : file_create_unsynced(to, "", 0, 0644, error) < 0)
			return error->code;
	}
	return 0;
}

static int run(const char *const *argv, struct error *error)
{
	const struct process process = {.argv = (char *const *)argv, .stdout_fd = -1};
	int status = 0;

	if (process_run(&process, &status, error) < 0)
		return error_set_status(error, EXIT_USAGE);
	return status ? error_set(error, -EIO, EXIT_NO_PRODUCT, "%s failed (exit status %d).",
				  argv[0], status)
		      : 0;
}

static int run_depmod(const struct image *image, struct error *error)
{
	const char *const argv[] = {"depmod", "-b", image->base, image->kernel->release, NULL};
	cleanup(free_string) char *made = path_join(image->directory, "modules.dep", NULL);

	if (run(argv, error) < 0)
		return error->code;
	return file_is_regular(made)
		       ? 0
		       : error_set(error, -ENOENT, EXIT_NO_PRODUCT, "depmod made no modules.dep.");
}

/* The same modules always make the same layer. */
static int pack(const struct image *image, char **ret_layer, char **ret_diff_id,
		struct error *error)
{
	cleanup(free_string) char *root = path_join(image->staging.path, "root", NULL);
	cleanup(free_string) char *tar = path_join(image->staging.path, "layer.tar", NULL);
	cleanup(free_string) char *time = text_format("--mtime=@%lld", (long long)image->time);
	const char *const argv[] = {"tar",
				    "--sort=name",
				    "--owner=0",
				    "--group=0",
				    "--numeric-owner",
				    "--format=gnu",
				    "--mode=u=rwX,go=rX",
				    time,
				    "-C",
				    root,
				    "-cf",
				    tar,
				    "opt",
				    NULL};

	if (run(argv, error) < 0 || digest_of_file(tar, ret_diff_id, error) < 0)
		return error->code;
	return compress_file(tar, COMPRESSION_GZIP, NULL, ret_layer, error);
}

static void tell(const struct image *image, const char *tag, const struct remote_pushed *pushed)
{
	struct reporter *reporter = &image->invocation->ui->reporter;
	const struct options *options = image->invocation->options;
	cleanup(free_string) char *size = text_size(pushed->bytes);

	if (!options->json) {
		report(reporter, REPORT_LINE, "Published the image %s:%s in %s: %s",
		       image->invocation->id.name, tag, options->to, size);
		return;
	}
	struct json_object *root = json_checked(json_object_new_object());

	json_set(root, "schema", json_checked(json_object_new_int(1)));
	json_set_text(root, "to", options->to);
	json_set_text(root, "tag", tag);
	json_set_text(root, "digest", pushed->manifest_digest);
	json_set(root, "bytes", json_checked(json_object_new_int64((int64_t)pushed->bytes)));
	json_set(root, "sent", json_checked(json_object_new_int64((int64_t)pushed->sent)));
	cleanup(free_string) char *text = json_print(root);

	report_text(reporter, REPORT_OUTPUT, text);
}

/* Go's name of an architecture. Every tool for images uses it. */
static const char *image_arch(const char *arch)
{
	static const struct {
		const char *kernel, *image;
	} names[] = {
		{"x86_64", "amd64"}, {"aarch64", "arm64"},   {"armv7l", "arm"},
		{"i686", "386"},     {"i386", "386"},        {"ppc64le", "ppc64le"},
		{"s390x", "s390x"},  {"riscv64", "riscv64"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(names[i].kernel, arch))
			return names[i].image;
	return arch;
}

static struct json_object *labels(const struct module_id *id, const struct kernel_id *kernel)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "org.dkms.module", id->name);
	json_set_text(object, "org.dkms.version", id->version);
	json_set_text(object, "org.dkms.kernel", kernel->release);
	json_set_text(object, "org.dkms.arch", kernel->arch);
	return object;
}

static struct json_object *root_of_files(const char *diff_id)
{
	struct json_object *object = json_checked(json_object_new_object());
	struct json_object *list = json_checked(json_object_new_array());
	cleanup(free_string) char *digest = text_format("sha256:%s", diff_id);

	json_append(list, json_new_text(digest));
	json_set_text(object, "type", "layers");
	json_set(object, "diff_ids", list);
	return object;
}

static struct json_object *history(const char *date, const struct module_id *id,
				   const struct kernel_id *kernel)
{
	struct json_object *list = json_checked(json_object_new_array());
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(free_string) char *command = text_format("dkms image %s/%s -k %s", id->name,
							 id->version, kernel->release);

	json_set_text(object, "created", date);
	json_set_text(object, "created_by", command);
	json_append(list, object);
	return list;
}

/* The config of an OCI image. diff_id: SHA-256 of the unpacked layer. Owned by the caller. */
static char *image_config(const struct module_id *id, const struct kernel_id *kernel,
			  const char *diff_id, time_t created)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *config = json_checked(json_object_new_object());
	char date[sizeof "2026-11-29T20:30:00Z"] = "1970-01-01T00:00:00Z";
	struct tm when;

	if (gmtime_r(&created, &when))
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &when);
	json_set(config, "Labels", labels(id, kernel));
	json_set_text(root, "created", date);
	json_set_text(root, "architecture", image_arch(kernel->arch));
	json_set_text(root, "os", "linux");
	json_set(root, "config", config);
	json_set(root, "rootfs", root_of_files(diff_id));
	json_set(root, "history", history(date, id, kernel));
	return json_print(root);
}

/* The kernel's release; a tag can hold no "+", for which others put a "_" as well. */
static char *tag_of(const struct kernel_id *kernel)
{
	struct buffer tag = {0};

	for (const char *c = kernel->release; *c; c++)
		buffer_add_char(&tag, *c == '+' || *c == '~' ? '_' : *c);
	return buffer_take(&tag);
}

static int publish(const struct image *image, const char *config, const char *layer,
		   struct error *error)
{
	const struct invocation *invocation = image->invocation;
	cleanup(remote_session_free_handler) struct remote_session *session = remote_session_new(
		&invocation->settings, &invocation->ui->reporter);
	cleanup(free_string) char *tag = tag_of(image->kernel);
	struct remote_pushed pushed = {0};
	const struct remote_image_request request = {
		.base = invocation->options->to,
		.module = invocation->id.name,
		.tag = tag,
		.config = config,
		.layer = layer,
	};

	if (!invocation->options->json && text_ui_is_watched(invocation->ui))
		remote_session_watch(session, NULL);
	if (remote_push_image(session, &request, &pushed, error) < 0)
		return error->code;
	tell(image, tag, &pushed);
	free(pushed.manifest_digest);
	return 0;
}

static int make(struct image *image, struct error *error)
{
	const struct invocation *invocation = image->invocation;
	cleanup(free_string) char *layer = NULL;
	cleanup(free_string) char *diff_id = NULL;

	if (staging_open(invocation->settings.temporary, "package", &image->staging, error) < 0)
		return error->code;
	image->base = path_join(image->staging.path, "root/opt", NULL);
	image->directory = path_join(image->base, "lib/modules", image->kernel->release, NULL);
	if (copy_modules(image, error) < 0 || copy_lists(image, error) < 0 ||
	    run_depmod(image, error) < 0 || pack(image, &layer, &diff_id, error) < 0)
		return error->code;
	cleanup(free_string) char *path = path_join(image->staging.path, "config", NULL);
	cleanup(free_string) char *config = image_config(&invocation->id, image->kernel, diff_id,
							 image->time);

	if (file_create_unsynced(path, config, strlen(config), 0600, error) < 0)
		return error->code;
	return publish(image, path, layer, error);
}

int action_image(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	const struct kernel_id *kernel = &invocation->kernels.items[0];
	const struct module_id *id = &invocation->id;
	cleanup(image_release) struct image image = {
		.invocation = invocation, .kernel = kernel, .staging.lock = -1};

	if (!options->to)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "Where to? Name a registry, --to https://HOST/PREFIX, or a "
				 "directory, --to dir:/srv/dkms.");
	if (registry_require_built(&invocation->settings, id, kernel, error) < 0 ||
	    safety_require_product(&invocation->settings, id, kernel, "is not published", error) <
		    0)
		return error->code;
	*ret_status = 0;
	if (options->dry_run) {
		report(&invocation->ui->reporter, REPORT_LINE,
		       "make an image of %s/%s (%s, %s) in %s", id->name, id->version,
		       kernel->release, kernel->arch, options->to);
		return 0;
	}
	return make(&image, error);
}
