/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/resign.h"

#include <errno.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "journal/transaction.h"
#include "module/compress.h"
#include "module/ko.h"
#include "tree/layout.h"
#include "tree/safety.h"

/* The length of NAME.ko in NAME.ko.xz; 0 for what is no module. */
static size_t plain_length(const char *name)
{
	size_t length = strlen(name) - strlen(compression_suffix(compression_of_name(name)));

	return length > 3 && strncmp(name + length - 3, ".ko", 3) == 0 ? length : 0;
}

/* A compressed one is signed in scratch and comes back in the compression it had. */
static int resign_file(const struct signing *signing, const char *path, const char *scratch,
		       struct error *error)
{
	enum compression compression = compression_of_name(path);
	cleanup(free_string) char *copy = path_join(scratch, path_basename(path), NULL);
	cleanup(free_string) char *plain = xstrndup(copy, plain_length(copy));
	cleanup(free_string) char *data = NULL;
	cleanup(free_string) char *compressed = NULL;
	size_t length;

	if (compression == COMPRESSION_NONE)
		return signing_sign_file(signing, path, error);
	if (ko_read(path, &data, &length, error) < 0 ||
	    file_create(plain, data, length, 0644, error) < 0 ||
	    signing_sign_file(signing, plain, error) < 0 ||
	    compress_file(plain, compression,
			  settings_compression_options(signing->settings, compression), &compressed,
			  error) < 0)
		return error->code;
	return file_rename(compressed, path, error);
}

/* Signs the modules in a copy of the build's directory, which messages name. */
static int resign_all(const struct signing *signing, const char *copy, const char *modules,
		      struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *scratch = path_parent(copy);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(copy, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(copy, name, NULL);
		cleanup(free_string) char *shown = path_join(modules, name, NULL);

		if (!plain_length(name))
			continue;
		report(reporter, REPORT_LINE, "Signing module %s", shown);
		if (resign_file(signing, path, scratch, error) < 0)
			return error_wrap(error, "The module %s keeps the signature it had", shown);
	}
	return directory_sync(copy, error);
}

static int swap(const struct settings *settings, const struct module_id *id, const char *copy,
		const char *modules, struct error *error)
{
	cleanup(free_string) char *what = text_format("sign %s/%s", id->name, id->version);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, what, NULL);

	if (transaction_put_directory(transaction, copy, modules, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}

static int resign_copy(struct signing *signing, const struct module_id *id, const char *copy,
		       const char *modules, struct reporter *reporter, struct error *error)
{
	if (directory_copy(modules, copy, error) < 0 ||
	    signing_require(signing, reporter, error) < 0)
		return error->code;
	int code = resign_all(signing, copy, modules, reporter, error);

	signing_close(signing);
	return code < 0 ? code : swap(signing->settings, id, copy, modules, error);
}

int resign_modules(struct signing *signing, const struct module_id *id, struct reporter *reporter,
		   struct error *error)
{
	const struct settings *settings = signing->settings;
	const struct kernel_id *kernel = &signing->kernel->id;
	struct staging staging = {.lock = -1};
	cleanup(free_string) char *home = layout_version(settings, id);
	cleanup(free_string) char *modules = layout_product_modules(settings, id, kernel);

	if (!file_is_directory(modules))
		return error_set(error, -ENOENT, EXIT_TREE,
				 "Module %s/%s is not built for kernel %s (%s).", id->name,
				 id->version, kernel->release, kernel->arch);
	/* Nobody but root may have put there what gets the key's signature. */
	if (safety_require_product(settings, id, kernel, "is not signed", error) < 0)
		return error->code;
	/* The kind is that of a build: leftovers of a dead run are swept with those of builds. */
	if (staging_open(home, "build", &staging, error) < 0)
		return error->code;
	cleanup(free_string) char *copy = path_join(staging.path, "module", NULL);
	int code = resign_copy(signing, id, copy, modules, reporter, error);

	staging_close(&staging);
	return code;
}
