/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/compression.h"

#include "base/memory.h"
#include "base/text.h"

static const char *const suffixes[] = {
	[COMPRESSION_NONE] = "",
	[COMPRESSION_GZIP] = ".gz",
	[COMPRESSION_XZ] = ".xz",
	[COMPRESSION_ZSTD] = ".zst",
};

const char *compression_suffix(enum compression compression)
{
	return suffixes[compression];
}

enum compression compression_of_name(const char *file_name)
{
	for (int i = COMPRESSION_GZIP; i <= COMPRESSION_ZSTD; i++)
		if (text_ends_with(file_name, suffixes[i]))
			return (enum compression)i;
	return COMPRESSION_NONE;
}

char *module_name_of_file(const char *file_name)
{
	const char *suffix = compression_suffix(compression_of_name(file_name));
	size_t length = strlen(file_name) - strlen(suffix);

	if (length <= strlen(".ko") ||
	    memcmp(file_name + length - strlen(".ko"), ".ko", strlen(".ko")) != 0)
		return NULL;
	return xstrndup(file_name, length - strlen(".ko"));
}
