/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "sign/signer.h"
#include "sign/sign_module.h"
#include "module/signature.h"
#include "sign/tool.h"

/* Enough for any signature; a program that adds more has done something else. */
#define SIGNATURE_MAX ((size_t)1 << 20)

/* Reads what the program left: the module as it was, and a signature after it. */
static int read_result(const char *program, const char *copy, const struct unsigned_module *module,
		       char **ret_data, size_t *ret_length, struct error *error)
{
	cleanup(free_string) char *data = NULL;
	size_t length, start;

	if (file_read(copy, module->length + SIGNATURE_MAX, &data, &length, error) < 0 ||
	    signature_find_start(data, length, &start, error) < 0)
		return error->code;
	if (start != module->length || memcmp(data, module->data, start) != 0)
		return error_set(error, -EBADMSG, 0, "%s altered the module itself.", program);
	if (start == length)
		return error_set(error, -EBADMSG, 0, "%s ended well, but appended no signature.",
				 program);
	*ret_data = TAKE(data);
	*ret_length = length;
	return 0;
}

static int sign_copy(char *const *argv, const char *path, const char *copy,
		     const struct unsigned_module *module, struct error *error)
{
	cleanup(free_string) char *data = NULL;
	size_t length = 0;

	if (file_write_unsynced(copy, module->data, module->length, module->mode, error) < 0)
		return error->code;
	if (tool_run(argv, error) < 0 ||
	    read_result(argv[0], copy, module, &data, &length, error) < 0)
		return error_wrap(error, "Cannot sign %s", path);
	return file_write_unsynced(path, data, length, module->mode, error);
}

int sign_with_program(const char *program, const char *hash, const char *key,
		      const char *certificate, const char *path, struct error *error)
{
	cleanup(unsigned_module_free) struct unsigned_module module = {0};
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *directory = NULL;
	cleanup(strv_free) struct strv argv = {0};
	struct error removal = {0};

	if (unsigned_module_read(path, &module, error) < 0 ||
	    directory_make_temporary(parent, "sign", &directory, error) < 0)
		return error->code;
	cleanup(free_string) char *copy = path_join(directory, path_basename(path), NULL);

	strv_add(&argv, program);
	strv_add(&argv, hash);
	strv_add(&argv, key);
	strv_add(&argv, certificate);
	strv_add(&argv, copy);
	int code = sign_copy(strv_argv(&argv), path, copy, &module, error);

	if (directory_remove(directory, &removal) < 0)
		(void)error_move(error, &removal);
	return code ? code : error->code;
}
