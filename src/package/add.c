/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/add.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/process.h"
#include "base/temporary.h"
#include "base/text.h"
#include "conf/directives.h"
#include "journal/transaction.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"
#include "tree/source_copy.h"

/* Packages of rpm, which bring sources for dkms in their own way. */

int rpm_install(const char *file, struct reporter *reporter, struct error *error)
{
	char *const argv[] = {(char *)"rpm", (char *)"-Uvh", (char *)file, NULL};
	const struct process process = {.argv = argv};
	int status = 0;

	if (process_stream(&process, report_output, reporter, &status, error) < 0) {
		(void)error_wrap(error, "Cannot install %s with rpm", file);
		return error_set_status(error, EXIT_NO_CONF);
	}
	if (!status)
		return 0;
	return error_set(error, -EIO, EXIT_NO_CONF,
			 "%s could not be installed: rpm ended with status %d.\n"
			 "Its own messages are above.",
			 file, status);
}

static int require_new(const struct settings *settings, const struct module_id *id,
		       struct error *error)
{
	if (registry_version_state(settings, id) != VERSION_ADDED)
		return 0;
	return error_set(error, -EEXIST, EXIT_TREE,
			 "%s/%s is in the DKMS tree %s already, so it cannot be added.\n"
			 "Go on with dkms build or dkms install, or remove it first with dkms "
			 "remove %s/%s --all.",
			 id->name, id->version, settings->dkms_tree, id->name, id->version);
}

static int require_source(const char *source, const struct module_id *id, struct error *error)
{
	if (file_is_directory(source))
		return 0;
	return error_set(error, -ENOENT, EXIT_NOT_FOUND,
			 "There is no source directory %s for %s/%s.\n"
			 "Put the source there, or give dkms add its directory.",
			 source, id->name, id->version);
}

void package_post_add(const struct settings *settings, const struct module_id *id,
		      const struct package *package, const struct kernel_id *kernel,
		      struct reporter *reporter)
{
	cleanup(free_string) char *source = layout_source_directory(settings, id);
	cleanup(strv_free) struct strv exported = {0};

	conf_exported_directives(&settings->directives, &exported);
	const struct script script = {
		.kind = "post_add",
		.kernel = kernel,
		.command = package->post_add,
		.settings = &exported,
		.run_directory = source,
		.safe = !package->policy.allow_writable_sources,
	};
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (script_run(settings, id, &script, &status, reporter, &error) < 0)
		report(reporter, REPORT_WARNING, "The post_add script of %s/%s did not run: %s",
		       id->name, id->version, error.message);
	else if (status)
		report(reporter, REPORT_WARNING,
		       "The post_add script of %s/%s failed with exit status %d.", id->name,
		       id->version, status);
}

/* <tree>/M/V with the link appears by one rename: nobody sees it without. */
static int publish_version(const char *module, const char *version, const char *source,
			   struct error *error)
{
	cleanup(free_string) char *staging = NULL;
	cleanup(error_clear) struct error leftover = {0};
	int code = temporary_directory(module, "add", &staging, error);

	if (code < 0)
		return code;
	cleanup(free_string) char *link = path_join(staging, "source", NULL);

	if (chmod(staging, 0755) < 0)
		code = error_errno(error, -errno, 0, "Cannot set the mode of %s", staging);
	if (!code)
		code = file_symlink(source, link, error);
	if (!code)
		code = file_rename(staging, version, error);
	if (code < 0)
		(void)directory_remove(staging, &leftover);
	return code < 0 ? code : file_sync_directory(module, error);
}

/* Makes <tree>/M/V, or only the link where that is all that is missing. */
static int make_version(const struct settings *settings, const struct module_id *id,
			const char *source, struct error *error)
{
	cleanup(free_string) char *module = layout_module(settings, id->name);
	cleanup(free_string) char *version = layout_version(settings, id);
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *target = tree_link_text(settings, link, source);

	if (file_exists(version))
		return file_symlink(target, link, error);
	int code = file_make_directories(module, error);

	if (!code)
		code = publish_version(module, version, target, error);
	if (code < 0)
		directory_prune(module, settings->dkms_tree);
	return code;
}

int package_add(const struct settings *settings, const struct module_id *id,
		const struct package *package, const struct kernel_id *kernel,
		struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *source = layout_source_directory(settings, id);
	cleanup(free_string) char *link = layout_source_link(settings, id);
	int code = require_new(settings, id, error);

	if (!code)
		code = require_source(source, id, error);
	if (code < 0)
		return code;
	report(reporter, REPORT_LINE, "Creating symlink %s -> %s", link, source);
	if (make_version(settings, id, source, error) < 0)
		return error->code;
	package_post_add(settings, id, package, kernel, reporter);
	return 0;
}

/* The reason why `from` (a real path) cannot be copied to the source directory, or NULL. */
static int check_import(const struct settings *settings, const char *from, const char *source,
			struct error *error)
{
	cleanup(free_string) char *tree = realpath(settings->source_tree, NULL);

	if (path_is_within(tree ? tree : source, from))
		return error_set(error, -ELOOP, EXIT_NOT_FOUND,
				 "%s cannot be copied to %s, which is below it.\n"
				 "Give the directory that holds the module's dkms.conf.",
				 from, source);
	return 0;
}

int package_mark_stale(const struct settings *settings, const struct module_id *id,
		       const struct kernel_ids *except, struct transaction *transaction,
		       struct reporter *reporter, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (registry_list_kernels(settings, id, &kernels, error) < 0)
		return error->code;
	for (size_t i = 0; i < kernels.count; i++) {
		const struct kernel_id *kernel = &kernels.items[i];
		cleanup(free_string) char *product = layout_product(settings, id, kernel);
		cleanup(free_string) char *mark = path_join(product, LAYOUT_STALE, NULL);

		if (except && kernel_ids_contain(except, kernel))
			continue;
		if (transaction_put_data(transaction, "", 0, 0644, mark, error) < 0)
			return error->code;
		report(reporter, REPORT_LINE,
		       "The build of %s/%s for kernel %s (%s) is out of date from here on.",
		       id->name, id->version, kernel->release, kernel->arch);
	}
	return 0;
}

int package_discard_import(const struct settings *settings, const struct module_id *id,
			   struct error *error)
{
	cleanup(free_string) char *source = layout_source_directory(settings, id);
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *description = text_format("take back the copy of %s/%s",
							     id->name, id->version);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, description, NULL);

	if (file_exists_nofollow(link))
		return 0;
	if (transaction_remove(transaction, source, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}

/* M/V, where it is registered, leads to the copy from now on. */
static int stage_link(const struct settings *settings, const struct module_id *id,
		      const char *source, struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *target = tree_link_text(settings, link, source);

	if (!file_exists_nofollow(link) || tree_link_leads_to(settings, link, source))
		return 0;
	if (transaction_remove(transaction, link, error) < 0)
		return error->code;
	return transaction_put_link(transaction, target, link, error);
}

/* Copies into the staging directory, then moves the copy to its place. */
static int publish_copy(const struct settings *settings, const struct module_id *id,
			const char *from, const char *staging, const char *source,
			struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *description = text_format("copy the source of %s/%s", id->name,
							     id->version);
	cleanup(free_string) char *copy = path_join(staging, "source", NULL);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, description, NULL);
	bool replaces = file_exists_nofollow(source);
	const struct source_copy request = {.from = from, .to = copy, .reporter = reporter};
	struct error leftover = {0};
	int code = source_copy_make(&request, error);

	if (!code)
		code = directory_sync(copy, error);
	if (!code)
		code = transaction_put_directory(transaction, copy, source, error);
	if (!code)
		code = stage_link(settings, id, source, transaction, error);
	if (!code)
		code = package_mark_stale(settings, id, NULL, transaction, reporter, error);
	if (!code)
		code = transaction_apply(transaction, error);
	if (!code && transaction_commit(transaction, error) < 0) {
		code = error->code;
		if (!replaces && package_discard_import(settings, id, &leftover) < 0)
			error_clear(&leftover);
	}
	return code;
}

int package_import_source(const struct settings *settings, const struct module_id *id,
			  const char *directory, struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *source = layout_source_directory(settings, id);
	cleanup(free_string) char *from = realpath(directory, NULL);
	cleanup(free_string) char *present = realpath(source, NULL);
	cleanup(free_string) char *staging = NULL;
	cleanup(error_clear) struct error leftover = {0};

	if (!from)
		return error_errno(error, -errno, EXIT_NOT_FOUND,
				   "Cannot read the source directory %s", directory);
	if (text_equal(from, present))
		return 0;
	int code = check_import(settings, from, source, error);

	if (!code && file_exists_nofollow(source))
		report(reporter, REPORT_LINE, "Replacing %s", source);
	if (!code)
		code = file_make_directories(settings->source_tree, error);
	if (!code)
		code = temporary_directory(settings->source_tree, "source", &staging, error);
	if (code < 0)
		return code;
	code = publish_copy(settings, id, from, staging, source, reporter, error);
	/* Whoever finds it later knows by its name that it may go. */
	(void)directory_remove(staging, &leftover);
	return code;
}

static int require_forgettable(const struct settings *settings, const struct module_id *id,
			       struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (registry_version_state(settings, id) == VERSION_UNKNOWN)
		return error_set(error, -ENOENT, EXIT_TREE,
				 "%s/%s is not in the DKMS tree %s.\n"
				 "dkms status lists what is there.",
				 id->name, id->version, settings->dkms_tree);
	int code = registry_list_kernels(settings, id, &kernels, error);

	if (code < 0 || !kernels.count)
		return code;
	return error_set(error, -EBUSY, EXIT_TREE,
			 "%s/%s is still built for kernel %s (%s).\nUse dkms remove %s/%s --all.",
			 id->name, id->version, kernels.items[0].release, kernels.items[0].arch,
			 id->name, id->version);
}

/* True if a directory holds files, however deep. */
static int holds_files(const char *path, bool *ret_holds, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	int code = directory_list(path, &names, error);
	const char *name;

	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *entry = path_join(path, name, NULL);

		if (file_is_symlink(entry) || !file_is_directory(entry)) {
			*ret_holds = true;
			return 0;
		}
		code = holds_files(entry, ret_holds, error);
		if (code < 0 || *ret_holds)
			return code;
	}
	return code;
}

/* Whether an entry of <tree>/M keeps it there: dead links and empty archives do not. */
static int keeps_module(const char *path, bool *ret_keeps, struct reporter *reporter,
			struct error *error)
{
	bool keeps = true;
	int code = 0;

	if (file_is_symlink(path)) {
		keeps = file_exists(path);
	} else if (text_equal(path_basename(path), "original_module")) {
		keeps = false;
		code = holds_files(path, &keeps, error);
		if (keeps)
			report(reporter, REPORT_WARNING,
			       "%s is kept: it holds original modules that could not be put back. "
			       "dkms check names them and says what to do.",
			       path);
	}
	*ret_keeps = keeps;
	return code;
}

/* Stages the removal of M/V and of active links that are M/V's, or of all of M if that is all. */
static int stage_removal(const struct settings *settings, const struct module_id *id,
			 struct transaction *transaction, struct reporter *reporter,
			 struct error *error)
{
	cleanup(free_string) char *module = layout_module(settings, id->name);
	cleanup(free_string) char *version = layout_version(settings, id);
	cleanup(free_string) char *active_prefix = text_format("%s/", id->version);
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv removals = {0};
	bool needed = false;
	int code = directory_list(module, &names, error);
	const char *name;

	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(module, name, NULL);
		cleanup(free_string) char *target = file_readlink(path);
		bool keeps = false;

		if (text_equal(path, version) ||
		    (target && text_starts_with(target, active_prefix))) {
			strv_add(&removals, path);
			continue;
		}
		code = keeps_module(path, &keeps, reporter, error);
		if (code < 0)
			return code;
		needed |= keeps;
	}
	if (!needed)
		return code < 0 ? code : transaction_remove(transaction, module, error);
	STRV_FOREACH (name, &removals)
		if (!code)
			code = transaction_remove(transaction, name, error);
	return code;
}

int package_forget(const struct settings *settings, const struct module_id *id,
		   struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *description = text_format("remove %s/%s from the tree", id->name,
							     id->version);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, description, NULL);
	int code = require_forgettable(settings, id, error);

	if (code < 0)
		return code;
	report(reporter, REPORT_LINE, "Deleting module %s/%s completely from the DKMS tree.",
	       id->name, id->version);
	if (stage_removal(settings, id, transaction, reporter, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}
