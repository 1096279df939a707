/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/built_package.h"

#include "base/file.h"
#include "base/path.h"
#include "tree/layout.h"
#include "tree/packed_package.h"

#define MAGIC "dkms built package"
enum { FILE_LIMIT = 1048576 };

int built_package_write(const char *product, const struct package *package, struct error *error)
{
	cleanup(free_string) char *path = path_join(product, BUILT_PACKAGE_NAME, NULL);
	cleanup(buffer_free) struct buffer content = {0};

	pack_text(&content, MAGIC);
	pack_number(&content, PACKED_PACKAGE_FORMAT);
	package_pack(package, &content);
	return file_write_unsynced(path, content.data, content.length,
				   package->is_private ? 0600 : 0644, error);
}

struct package *built_package_read(const struct settings *settings, const struct module_id *id,
				   const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *path = path_join(product, BUILT_PACKAGE_NAME, NULL);
	size_t length = 0;
	cleanup(free_string) char *data = packed_file_read(path, FILE_LIMIT, &length);
	struct packed packed = {.next = data, .left = length};
	cleanup(free_string) char *magic = data ? unpack_text(&packed, sizeof(MAGIC)) : NULL;

	if (!text_equal(magic, MAGIC) ||
	    unpack_number(&packed, UINT64_MAX) != PACKED_PACKAGE_FORMAT)
		return NULL;
	return package_unpack(packed);
}
