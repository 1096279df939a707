/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/resign.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "module/compress.h"
#include "module/ko.h"
#include "tree/layout.h"
#include "tree/transaction.h"

/* Where the new files are made: named and locked as a build's workspace is, and swept like it. */
struct stage {
	char *directory;
	char *modules; /* in it: the copy of M/V/K/A/module */
	int lock;
};

static int stage_open(struct stage *stage, const char *home, const char *modules,
		      struct error *error)
{
	if (directory_make_temporary(home, "build", &stage->directory, error) < 0)
		return error->code;
	stage->lock = open(stage->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (stage->lock < 0 || flock(stage->lock, LOCK_EX | LOCK_NB) < 0)
		return error_errno(error, -errno, 0, "Cannot lock %s", stage->directory);
	stage->modules = path_join(stage->directory, "module", NULL);
	return directory_copy(modules, stage->modules, error);
}

/* A rest that cannot be removed is swept by a later run. */
static void stage_close(struct stage *stage)
{
	struct error ignored = {0};

	if (stage->directory && directory_remove(stage->directory, &ignored) < 0)
		error_clear(&ignored);
	close_fd(&stage->lock);
	free(stage->directory);
	free(stage->modules);
}

/* The length of NAME.ko in NAME.ko.xz; 0 for what is no module. */
static size_t plain_length(const char *name)
{
	size_t length = strlen(name) - strlen(compression_suffix(compression_of_name(name)));

	return length > 3 && strncmp(name + length - 3, ".ko", 3) == 0 ? length : 0;
}

/* path, with or without compression, gets a new signature and the compression it had. */
static int resign_file(const struct signing *signing, const char *path, struct error *error)
{
	enum compression compression = compression_of_name(path);
	cleanup(free_string) char *plain = xstrndup(path, plain_length(path));
	cleanup(free_string) char *data = NULL;
	cleanup(free_string) char *compressed = NULL;
	size_t length;

	if (compression != COMPRESSION_NONE && (ko_read(path, &data, &length, error) < 0 ||
						file_create(plain, data, length, 0644, error) < 0))
		return error->code;
	if (signing_sign_file(signing, plain, error) < 0)
		return error->code;
	return compress_file(plain, compression,
			     settings_compression_options(signing->settings, compression),
			     &compressed, error);
}

static int resign_all(const struct signing *signing, const struct stage *stage,
		      const char *shown_modules, struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(stage->modules, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(stage->modules, name, NULL);
		cleanup(free_string) char *shown = path_join(shown_modules, name, NULL);

		if (!plain_length(name))
			continue;
		report(reporter, REPORT_LINE, "Signing module %s", shown);
		if (resign_file(signing, path, error) < 0)
			return error_wrap(error, "The module %s keeps the signature it had", shown);
	}
	return directory_sync(stage->modules, error);
}

static int swap(const struct settings *settings, const struct module_id *id,
		const struct stage *stage, const char *modules, struct error *error)
{
	cleanup(transaction_free_handler) struct transaction *transaction = NULL;
	cleanup(free_string) char *what = text_format("sign %s/%s", id->name, id->version);

	if (transaction_begin(settings, what, NULL, &transaction, error) < 0 ||
	    transaction_put_directory(transaction, stage->modules, modules, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}

int resign_modules(struct signing *signing, const struct module_id *id, struct reporter *reporter,
		   struct error *error)
{
	const struct settings *settings = signing->settings;
	const struct kernel_id *kernel = &signing->kernel->id;
	cleanup(stage_close) struct stage stage = {.lock = -1};
	cleanup(free_string) char *home = layout_version(settings, id);
	cleanup(free_string) char *modules = layout_product_modules(settings, id, kernel);

	if (!file_is_directory(modules))
		return error_set(error, -ENOENT, EXIT_TREE,
				 "Module %s/%s is not built for kernel %s (%s).", id->name,
				 id->version, kernel->release, kernel->arch);
	if (stage_open(&stage, home, modules, error) < 0 ||
	    signing_require(signing, reporter, error) < 0)
		return error->code;
	int code = resign_all(signing, &stage, modules, reporter, error);

	signing_close(signing);
	return code < 0 ? code : swap(settings, id, &stage, modules, error);
}
