/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/sign_module.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "module/ko.h"
#include "module/signature.h"

#define MODULE_MAX ((size_t)1 << 30)

int unsigned_module_read(const char *path, struct unsigned_module *ret_module, struct error *error)
{
	cleanup(unsigned_module_free) struct unsigned_module module = {0};
	struct stat info;

	if (stat(path, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	module.mode = info.st_mode & 07777;
	if (file_read(path, MODULE_MAX, &module.data, &module.length, error) < 0)
		return error->code;
	if (signature_find_start(module.data, module.length, &module.length, error) < 0 ||
	    ko_check(path, error) < 0)
		return error_wrap(error, "Cannot sign %s", path);
	*ret_module = module;
	module = (struct unsigned_module){0};
	return 0;
}

void unsigned_module_free(struct unsigned_module *module)
{
	free(module->data);
}
