/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exported.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "module/ko.h"

static bool take(struct headers *headers, const char *path)
{
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error unreadable = {0};
	size_t length;

	return file_is_regular(path) && ko_read(path, &text, &length, &unreadable) == 0 &&
	       headers_take_symvers(headers, path, text, length, &unreadable) == 0;
}

void exported_find(const struct settings *settings, struct headers *headers)
{
	static const enum compression all[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ,
					       COMPRESSION_ZSTD};
	const struct kernel *kernel = headers->kernel;
	cleanup(error_clear) struct error none = {0};
	const struct symvers *known;
	bool taken = headers_symvers(headers, &known, &none) == 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && !taken; i++) {
		const char *suffix = compression_suffix(all[i]);
		cleanup(free_string) char *own = text_format("%s/symvers%s",
							     kernel->module_directory, suffix);
		cleanup(free_string) char *name = text_format("/boot/symvers-%s%s",
							      kernel->id.release, suffix);
		cleanup(free_string) char *boot = settings_path(settings, name);

		taken = take(headers, own) || take(headers, boot);
	}
}
