/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/artifact.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "module/ko.h"
#include "module/signature.h"

enum { SYMVERS_LIMIT = 64 << 20 };

/* The file that holds the module, whatever its compression; NULL: there is none. */
static char *find_file(const char *directory, const char *name)
{
	static const enum compression all[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ,
					       COMPRESSION_ZSTD};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		cleanup(free_string) char *path = text_format("%s/%s%s", directory, name,
							      compression_suffix(all[i]));

		if (file_is_regular(path) && !file_is_symlink(path))
			return TAKE(path);
	}
	return NULL;
}

static int write_checked(const char *data, size_t length, const char *digest, const char *from,
			 const char *target, struct error *error)
{
	cleanup(free_string) char *found = digest_of(data, length);

	if (!text_equal(found, digest))
		return error_set(error, -EBADMSG, 0, "%s is not what was built.", from);
	return file_create_unsynced(target, data, length, 0644, error);
}

static int extract_module(const char *directory, const struct manifest_module *module,
			  const char *target, struct error *error)
{
	cleanup(free_string) char *path = find_file(directory, module->name);
	cleanup(free_string) char *to = path_join(target, module->name, NULL);
	cleanup(free_string) char *data = NULL;
	size_t length;

	if (!path)
		return error_set(error, -ENOENT, 0, "%s/%s is missing.", directory, module->name);
	if (ko_read(path, &data, &length, error) < 0 ||
	    signature_find_start(data, length, &length, error) < 0)
		return error->code;
	return write_checked(data, length, module->digest, path, to, error);
}

int artifact_extract(const char *directory, const struct manifest *manifest, const char *target,
		     struct error *error)
{
	cleanup(free_string) char *symvers = path_join(directory, "Module.symvers", NULL);
	cleanup(free_string) char *to = path_join(target, "Module.symvers", NULL);
	cleanup(free_string) char *data = NULL;
	size_t length;

	for (size_t i = 0; i < manifest->module_count; i++)
		if (extract_module(directory, &manifest->modules[i], target, error) < 0)
			return error->code;
	if (!manifest->symvers)
		return 0;
	if (file_read(symvers, SYMVERS_LIMIT, &data, &length, error) < 0)
		return error->code;
	return write_checked(data, length, manifest->symvers, symvers, to, error);
}
