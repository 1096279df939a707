/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/image_json.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

/* As Go calls it, and with it every tool for images. */
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

char *image_config(const struct module_id *id, const struct kernel_id *kernel, const char *diff_id,
		   time_t created)
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
