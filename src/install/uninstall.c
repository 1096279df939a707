/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two packages may have a module of the same name. The second to be installed archives the first
 * one's as an original; when the first is uninstalled, nobody must put it back any more.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/report.h"
#include "base/text.h"
#include "install/install.h"
#include "install/originals.h"
#include "install/ownership.h"
#include "install/place.h"
#include "install/step.h"
#include "journal/transaction.h"
#include "kernel/module_lists.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* True if dkms had put it there for M/V: the recorded file, or in the destination as built. */
static bool was_ours(const struct placement *placement, const struct placed_module *module,
		     const char *archived)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *origin = originals_origin(placement->settings, archived);
	cleanup(free_string) char *parent = origin ? path_parent(origin) : NULL;

	if (!origin || module->refused || modules_order_lists(base, origin))
		return false;
	if (module->recorded)
		return text_equal(origin, module->recorded);
	return module->built && text_equal(parent, module->directory) &&
	       file_same_content(module->built, archived);
}

/* From the originals of the package `other`. */
static int remove_from(const struct placement *placement, const char *other,
		       const struct placed_module *module, struct transaction *transaction,
		       struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = layout_originals(placement->settings, other,
								placement->kernel);
	cleanup(free_string) char *stop = layout_module(placement->settings, other);
	const struct module_id id = {(char *)other, (char *)""};
	struct placement theirs = *placement;
	cleanup(strv_free) struct strv archived = {0};
	const char *path;

	theirs.id = &id;
	place_find_files(directory, module->name, &archived);
	STRV_FOREACH (path, &archived) {
		if (!was_ours(placement, module, path))
			continue;
		report(reporter, REPORT_LINE, "Deleting %s", path);
		if (originals_discard(&theirs, path, transaction, error) < 0 ||
		    transaction_prune(transaction, directory, stop, error) < 0)
			return error->code;
	}
	return 0;
}

/* Takes the modules of M/V that are among other packages' originals for this kernel from there. */
static int displaced_remove(const struct placement *placement, struct transaction *transaction,
			    struct reporter *reporter, struct error *error)
{
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	cleanup(strv_free) struct strv others = {0};
	const char *other;

	if (placed_modules_list(placement, &modules, error) < 0)
		return error->code;
	placed_modules_add_recorded(placement, &modules);
	if (registry_list_modules(placement->settings, &others, error) < 0)
		return error->code;
	strv_remove(&others, placement->id->name);
	STRV_FOREACH (other, &others)
		for (size_t i = 0; i < modules.count; i++)
			if (remove_from(placement, other, &modules.items[i], transaction, reporter,
					error) < 0)
				return error->code;
	return 0;
}

/* Adds the files that dkms installed, and says what is not its own. */
static int find_own_files(const struct placement *placement, struct strv *own,
			  struct reporter *reporter, struct error *error)
{
	cleanup(placed_files_free) struct placed_files files = {0};
	const char *path;

	if (placed_modules_find_own(placement, &files, error) < 0)
		return error->code;
	strv_add_all(own, &files.own);
	STRV_FOREACH (path, &files.foreign)
		report(reporter, REPORT_WARNING,
		       "%s is left: it is not the module that was built as %s/%s.", path,
		       placement->id->name, placement->id->version);
	return 0;
}

static int stage(const struct install_request *request, const struct placement *placement,
		 const struct strv *own, struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *active_link = layout_active_link(
		request->settings, request->id->name, placement->kernel);
	cleanup(strv_free) struct strv removals = {0};
	const struct strv none_replaced = {0};
	const char *path;

	STRV_FOREACH (path, own) {
		report(request->reporter, REPORT_LINE, "Deleting %s", path);
		strv_add(&removals, path);
	}
	int code = originals_restore(placement, &none_replaced, &removals, transaction,
				     request->reporter, error);

	if (!code)
		code = displaced_remove(placement, transaction, request->reporter, error);
	if (!code)
		code = step_remove_files(transaction, &removals, error);
	if (!code)
		code = step_prune_parents(request, transaction, own, error);
	if (!code)
		code = transaction_remove(transaction, active_link, error);
	if (!code)
		code = installed_record_remove(placement, transaction, error);
	return code;
}

static int uninstall_active(const struct install_request *request, struct error *error)
{
	cleanup(module_files_free) struct module_files files = {0};
	const struct placement placement = step_placement(request, &files);
	cleanup(free_string) char *description = text_format(
		"uninstall %s/%s for %s", request->id->name, request->id->version,
		placement.kernel->release);
	cleanup(strv_free) struct strv own = {0};
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		request->settings, description, placement.kernel->release);

	transaction_set_module(transaction, request->id->name);
	if (find_own_files(&placement, &own, request->reporter, error) < 0 ||
	    stage(request, &placement, &own, transaction, error) < 0 ||
	    step_apply(request, transaction, error) < 0)
		return error->code;
	weak_modules_update(&placement, false, &own, request->reporter);
	if (request->package)
		step_run_late_script(request, "post_remove", request->package->post_remove);
	transaction_detach(TAKE(transaction));
	return 0;
}

/* Lists the files that the build command installed, except those that another version has replaced.
 */
static int find_strays(const struct install_request *request, const char *active,
		       const struct placement *placement, struct strv *strays, struct error *error)
{
	cleanup(placed_files_free) struct placed_files found = {0}, taken = {0};
	const struct module_id other = {request->id->name, (char *)active};
	struct placement others = *placement;
	const char *path;

	others.id = &other;
	if (active && placed_modules_find_own(&others, &taken, error) < 0)
		return error->code;
	placed_modules_find_strays(placement, &found);
	STRV_FOREACH (path, &found.own) {
		if (strv_contains(&taken.own, path))
			continue;
		report(request->reporter, REPORT_LINE, "Deleting %s", path);
		strv_add(strays, path);
	}
	return 0;
}

/* For a version that is built and not installed. */
static int remove_strays(const struct install_request *request, const char *active,
			 struct error *error)
{
	cleanup(module_files_free) struct module_files files = {0};
	const struct placement placement = step_placement(request, &files);
	cleanup(free_string) char *description = text_format(
		"remove what the build of %s/%s installed for %s", request->id->name,
		request->id->version, placement.kernel->release);
	cleanup(strv_free) struct strv strays = {0};
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		request->settings, description, placement.kernel->release);

	transaction_set_module(transaction, request->id->name);
	if (find_strays(request, active, &placement, &strays, error) < 0)
		return error->code;
	if (!strays.count)
		return 0;
	if (step_remove_files(transaction, &strays, error) < 0 ||
	    step_prune_parents(request, transaction, &strays, error) < 0 ||
	    installed_strays_forget(&placement, transaction, error) < 0 ||
	    step_apply(request, transaction, error) < 0)
		return error->code;
	transaction_detach(TAKE(transaction));
	return 0;
}

static int restore(const struct install_request *request, const struct placement *placement,
		   struct transaction *transaction, struct error *error)
{
	cleanup(strv_free) struct strv removals = {0};
	const struct strv none_replaced = {0};

	if (originals_restore(placement, &none_replaced, &removals, transaction, request->reporter,
			      error) < 0)
		return error->code;
	return step_apply(request, transaction, error);
}

int restore_originals(const struct install_request *request, struct error *error)
{
	const struct placement placement = step_placement(request, NULL);
	cleanup(free_string) char *description = text_format(
		"put back what %s replaced for %s", request->id->name, placement.kernel->release);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		request->settings, description, placement.kernel->release);

	if (restore(request, &placement, transaction, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	transaction_detach(TAKE(transaction));
	return 0;
}

int uninstall_module(const struct install_request *request, struct error *error)
{
	const struct module_id *id = request->id;
	const struct kernel_id *kernel = &request->kernel->id;
	cleanup(free_string) char *active = registry_linked_version(request->settings, id->name,
								    kernel);

	report(request->reporter, REPORT_LINE, "Module %s/%s for kernel %s (%s):", id->name,
	       id->version, kernel->release, kernel->arch);
	if (!text_equal(active, id->version)) {
		report(request->reporter, REPORT_LINE,
		       "This module version was INACTIVE for this kernel.");
		if (remove_strays(request, active, error) < 0)
			return error_set_status(error, EXIT_INSTALL);
		return 0;
	}
	report(request->reporter, REPORT_LINE,
	       "Before uninstall, this module version was ACTIVE on this kernel.");
	if (uninstall_active(request, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return 0;
}
