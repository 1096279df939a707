/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/ko.h"

#include <errno.h>
#include <libkmod.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/compression.h"
#include "module/compress.h"
#include "module/elf.h"
#include "module/signature.h"

#define KO_SIZE_MAX ((size_t)1 << 30)

typedef struct kmod_ctx kmod_context;
typedef struct kmod_module kmod_module;
typedef struct kmod_list kmod_list;
DEFINE_CLEANUP(kmod_context *, kmod_unref)
DEFINE_CLEANUP(kmod_module *, kmod_module_unref)
DEFINE_CLEANUP(kmod_list *, kmod_module_info_free_list)

/* A file's content with everything about it that is found without libkmod. */
struct content {
	const char *path;
	enum compression compression;
	char *data;
	size_t length;
	size_t unsigned_length;
};

static void content_free(struct content *content)
{
	free(content->data);
}

int ko_read(const char *path, char **ret_data, size_t *ret_length, struct error *error)
{
	enum compression compression = compression_of_name(path);
	cleanup(free_string) char *data = NULL;
	size_t length;
	int code = file_read(path, KO_SIZE_MAX, &data, &length, error);

	if (code < 0)
		return code;
	if (compression != COMPRESSION_NONE) {
		cleanup(free_string) char *compressed = TAKE(data);

		if (decompress(compressed, length, compression, KO_SIZE_MAX, &data, &length,
			       error) < 0)
			return error_wrap(error, "Cannot read %s", path);
	}
	*ret_data = TAKE(data);
	*ret_length = length;
	return 0;
}

static int content_read(const char *path, struct content *content, struct error *error)
{
	content->path = path;
	content->compression = compression_of_name(path);
	int code = ko_read(path, &content->data, &content->length, error);

	if (code < 0)
		return code;
	code = signature_find_start(content->data, content->length, &content->unsigned_length,
				    error);
	return code < 0 ? error_wrap(error, "Cannot read %s", path) : 0;
}

static void log_nothing(void *data, int priority, const char *file, int line, const char *function,
			const char *format, va_list arguments)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format;
	(void)arguments;
}

/* A name by which libkmod finds the decompressed bytes; *fd keeps it alive. */
static int plain_name(const struct content *content, int *fd, char **ret_name, struct error *error)
{
	/* Without /proc (a bare chroot) libkmod gets the file, and reads what it can. */
	if (content->compression == COMPRESSION_NONE || !file_exists("/proc/self/fd")) {
		*ret_name = xstrdup(content->path);
		return 0;
	}
	*fd = memfd_create("module", MFD_CLOEXEC);
	int code = *fd < 0 ? -errno : file_write_all(*fd, content->data, content->length);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot decompress %s", content->path);
	*ret_name = text_format("/proc/self/fd/%d", *fd);
	return 0;
}

static void take_value(struct ko_info *info, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **target;
	} fields[] = {
		{"version", &info->version},       {"srcversion", &info->srcversion},
		{"vermagic", &info->vermagic},     {"signer", &info->signer},
		{"sig_key", &info->signature_key}, {"sig_hashalgo", &info->signature_hash},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (text_equal(key, fields[i].key) && !*fields[i].target)
			*fields[i].target = xstrdup(value);
}

static int info_from_kmod(const char *name, const char *path, struct ko_info *info,
			  struct error *error)
{
	static const char *const no_configuration[] = {NULL};
	cleanup(kmod_unref_handler) kmod_context *context = kmod_new(NULL, no_configuration);
	cleanup(kmod_module_unref_handler) kmod_module *module = NULL;
	cleanup(kmod_module_info_free_list_handler) kmod_list *list = NULL;
	kmod_list *item;

	if (!context)
		return error_errno(error, -ENOMEM, 0, "Cannot read %s", path);
	kmod_set_log_fn(context, log_nothing, NULL);
	int code = kmod_module_new_from_path(context, name, &module);

	if (code >= 0)
		code = kmod_module_get_info(module, &list);
	if (code < 0)
		return error_errno(error, code, 0, "Cannot read %s", path);
	for (item = list; item; item = kmod_list_next(list, item))
		take_value(info, kmod_module_info_get_key(item), kmod_module_info_get_value(item));
	return 0;
}

bool ko_is_readable_by_kmod(const char *path)
{
	cleanup(ko_info_free) struct ko_info info = {0};
	struct error error = {0};
	bool readable = info_from_kmod(path, path, &info, &error) == 0;

	error_clear(&error);
	return readable;
}

static int content_info(const struct content *content, struct ko_info *ret_info,
			struct error *error)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *name = NULL;
	cleanup(ko_info_free) struct ko_info info = {0};

	if (elf_check_module(content->data, content->unsigned_length, error) < 0)
		return error_wrap(error, "Cannot read %s", content->path);
	if (plain_name(content, &fd, &name, error) < 0 ||
	    info_from_kmod(name, content->path, &info, error) < 0)
		return error->code;
	/* A libkmod without libcrypto sees the signature, but not whose it is. */
	if (content->unsigned_length < content->length && !info.signer)
		info.signer = xstrdup("");
	*ret_info = info;
	info = (struct ko_info){0};
	return 0;
}

int ko_read_info(const char *path, struct ko_info *ret_info, struct error *error)
{
	cleanup(content_free) struct content content = {0};

	if (content_read(path, &content, error) < 0)
		return error->code;
	return content_info(&content, ret_info, error);
}

void ko_info_free(struct ko_info *info)
{
	free(info->version);
	free(info->srcversion);
	free(info->vermagic);
	free(info->signer);
	free(info->signature_key);
	free(info->signature_hash);
	*info = (struct ko_info){0};
}

/* For two files of different bytes. */
static int same_versions(const struct content *a, const struct content *b, bool *ret_same,
			 struct error *error)
{
	cleanup(ko_info_free) struct ko_info left = {0};
	cleanup(ko_info_free) struct ko_info right = {0};

	if (content_info(a, &left, error) < 0 || content_info(b, &right, error) < 0) {
		if (error->code != -ENOEXEC)
			return error->code;
		error_clear(error);
		*ret_same = false;
		return 0;
	}
	*ret_same = (left.version || left.srcversion) && text_equal(left.version, right.version) &&
		    text_equal(left.srcversion, right.srcversion);
	return 0;
}

int ko_same_module(const char *a, const char *b, bool *ret_same, struct error *error)
{
	cleanup(content_free) struct content left = {0};
	cleanup(content_free) struct content right = {0};

	if (content_read(a, &left, error) < 0 || content_read(b, &right, error) < 0)
		return error->code;
	if (left.unsigned_length != right.unsigned_length ||
	    memcmp(left.data, right.data, left.unsigned_length) != 0)
		return same_versions(&left, &right, ret_same, error);
	*ret_same = true;
	return 0;
}
