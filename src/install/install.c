/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/install.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "install/originals.h"
#include "install/ownership.h"
#include "install/place.h"
#include "install/step.h"
#include "install/version_check.h"
#include "journal/transaction.h"
#include "model/compression.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"

/* One install under way. */
struct installation {
	struct install_request request; /* force as the force list has it */
	struct placement placement;
	struct module_files files; /* of the kernel, before anything is changed */
	char *active;              /* the version that is replaced, or NULL */
	struct placed_modules modules;
	struct strv *candidates;  /* per module: its same-named files that are not dkms's own */
	bool *accepted;           /* per module: it passed the version check */
	struct strv own;          /* the files of M, of the active version and of lost ones */
	struct strv active_names; /* the modules it was built with */
	struct strv names;        /* of accepted modules */
	struct strv kept;         /* of refused ones that stay as the active version has them */
	struct strv kept_files;   /* where they are */
	struct strv refused;      /* of the others that are not accepted */
	struct strv targets;      /* where they go */
	struct transaction *transaction;
};

static void installation_free(struct installation *work)
{
	for (size_t i = 0; work->candidates && i < work->modules.count; i++)
		strv_free(&work->candidates[i]);
	free(work->candidates);
	free(work->accepted);
	free(work->active);
	placed_modules_free(&work->modules);
	module_files_free(&work->files);
	strv_free(&work->own);
	strv_free(&work->active_names);
	strv_free(&work->names);
	strv_free(&work->kept);
	strv_free(&work->kept_files);
	strv_free(&work->refused);
	strv_free(&work->targets);
	if (work->transaction)
		transaction_free(work->transaction);
}

/* Every module that is expected must have been built. */
static int require_complete(const struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	cleanup(strv_free) struct strv missing = {0};

	for (size_t i = 0; i < work->modules.count; i++)
		if (!work->modules.items[i].built)
			strv_add(&missing, work->modules.items[i].name);
	if (!missing.count)
		return 0;
	cleanup(free_string) char *names = strv_join(&missing, ", ");

	return error_set(error, -ENOENT, EXIT_INSTALL,
			 "The build of %s/%s for kernel %s (%s) is incomplete: it lacks %s.\n"
			 "Build it again with dkms build --force.",
			 request->id->name, request->id->version, request->kernel->id.release,
			 request->kernel->id.arch, names);
}

/* This very version is installed, and taken out first, in the same transaction. */
static bool is_reinstall(const struct installation *work)
{
	return text_equal(work->active, work->request.id->version);
}

static int require_inactive(const struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;

	if (request->force || request->again || !is_reinstall(work))
		return 0;
	return error_set(error, -EEXIST, EXIT_PATCH_MISSING,
			 "%s/%s is already installed for kernel %s (%s).\n"
			 "Use --force to install it again.",
			 request->id->name, request->id->version, request->kernel->id.release,
			 request->kernel->id.arch);
}

/* A destination that a link leads out of the kernel's directory is nobody's to write to. */
static int require_inside(const struct installation *work, struct error *error)
{
	const char *base = work->request.kernel->module_directory;

	for (size_t i = 0; i < work->modules.count; i++) {
		const char *directory = work->modules.items[i].directory;
		cleanup(free_string) char *file = path_join(directory ? directory : base, ".", "x",
							    NULL);

		if (directory && !place_is_really_below(file, base))
			return error_set(error, -ELOOP, EXIT_INSTALL,
					 "A link leads from the destination %s out of %s.\n"
					 "Replace that link by a directory.",
					 directory, base);
	}
	return 0;
}

static int prepare(struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	const struct kernel_id *kernel = &request->kernel->id;
	int code = kernel_require_module_directory(request->kernel, error);

	if (code < 0)
		return code;
	if (!registry_is_built(request->settings, request->id, kernel))
		return error_set(error, -ENOENT, EXIT_INSTALL,
				 "%s/%s is not built for kernel %s (%s), so it cannot be "
				 "installed.\nBuild it first with dkms build.",
				 request->id->name, request->id->version, kernel->release,
				 kernel->arch);
	work->active = registry_active_version(request->settings, request->id->name, kernel);
	code = require_inactive(work, error);
	if (!code)
		code = placed_modules_list(&work->placement, &work->modules, error);
	if (!code)
		code = require_complete(work, error);
	if (!code)
		code = require_inside(work, error);
	if (!code)
		code = force_list_apply(request->settings, request->id->name, &work->request.force,
					&work->request.force_version_override, error);
	work->accepted = xcalloc(work->modules.count + 1, sizeof(*work->accepted));
	work->candidates = xcalloc(work->modules.count + 1, sizeof(*work->candidates));
	return code;
}

static int run_pre_install(const struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	int status = 0;
	int code = step_run_script(request, "pre_install", request->package->pre_install, &status,
				   error);

	if (code < 0 || !status)
		return code;
	if (request->force) {
		report(request->reporter, REPORT_WARNING,
		       "The pre_install script of %s/%s failed with exit status %d; --force goes "
		       "on.",
		       request->id->name, request->id->version, status);
		return 0;
	}
	return error_set(error, -ECANCELED, EXIT_PRE_INSTALL,
			 "The pre_install script of %s/%s failed with exit status %d: it may not "
			 "be installed on this system.\nUse --force to install it nevertheless.",
			 request->id->name, request->id->version, status);
}

static void add_own(struct installation *work, const struct strv *files)
{
	const char *path;

	STRV_FOREACH (path, files)
		if (!strv_contains(&work->own, path))
			strv_add(&work->own, path);
}

/* For one version. A version that is not active counts only if a record shows its install. */
static int find_own_files_of(struct installation *work, const char *version, struct error *error)
{
	const struct module_id id = {work->request.id->name, (char *)version};
	struct placement placement = work->placement;
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	cleanup(placed_files_free) struct placed_files files = {0};
	bool active = text_equal(version, work->active);

	placement.id = &id;
	if (placed_modules_list(&placement, &modules, error) < 0)
		return error->code;
	if (!active && !modules.is_recorded) {
		placed_modules_find_strays(&placement, &files);
		add_own(work, &files.own);
		return 0;
	}
	for (size_t i = 0; active && i < modules.count; i++)
		if (modules.items[i].built)
			strv_add(&work->active_names, modules.items[i].name);
	if (placed_modules_find_own(&placement, &files, error) < 0)
		return error->code;
	add_own(work, &files.own);
	return 0;
}

/* The files that dkms installed of M on this kernel: these are no originals. */
static int find_own_files(struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	cleanup(strv_free) struct strv versions = {0};
	char *version;

	if (registry_list_versions(request->settings, request->id->name, &versions, error) < 0)
		return error->code;
	STRV_FOREACH (version, &versions)
		if (find_own_files_of(work, version, error) < 0)
			return error->code;
	return 0;
}

/* A file that an interrupted install left in this place. It is nobody's original. */
static bool is_of_this_build(const struct placed_module *module, const char *path)
{
	cleanup(free_string) char *target = path_join(module->directory,
						      path_basename(module->built), NULL);

	return text_equal(path, target) && file_same_content(module->built, path);
}

static int find_candidates(const struct installation *work, const struct placed_module *module,
			   struct strv *candidates, struct error *error)
{
	cleanup(strv_free) struct strv everywhere = {0};
	int code = place_find_everywhere(&work->placement, module->name, module->directory,
					 &everywhere, error);
	const char *path;

	STRV_FOREACH (path, &everywhere)
		if (!strv_contains(&work->own, path) && !is_of_this_build(module, path) &&
		    !place_is_link_into_tree(&work->placement, path))
			strv_add(candidates, path);
	return code;
}

/* The module's file of the active version, or NULL. */
static const char *find_own(const struct installation *work, const char *name)
{
	const char *path;

	STRV_FOREACH (path, &work->own) {
		cleanup(free_string) char *own_name = module_name_of_file(path_basename(path));

		if (text_equal(own_name, name))
			return path;
	}
	return NULL;
}

static void accept(struct installation *work, size_t i)
{
	const struct placed_module *module = &work->modules.items[i];

	work->accepted[i] = true;
	strv_add(&work->names, module->name);
	strv_add_owned(&work->targets,
		       path_join(module->directory, path_basename(module->built), NULL));
}

/* own: the file of the active version, which stays; or NULL. */
static void refuse(struct installation *work, const struct placed_module *module, const char *own)
{
	if (!own) {
		strv_add(&work->refused, module->name);
		return;
	}
	strv_add(&work->kept, module->name);
	strv_add(&work->kept_files, own);
}

/* The version check; all refused is an error. */
static int choose_modules(struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;

	for (size_t i = 0; i < work->modules.count; i++) {
		const struct placed_module *module = &work->modules.items[i];
		const struct version_check check = {
			.name = module->name,
			.built = module->built,
			.kernel_release = request->kernel->id.release,
			.obsolete_by = request->package->obsolete_by,
			.existing = &work->candidates[i],
			.own = find_own(work, module->name),
			.force = request->force,
			.force_version_override = request->force_version_override,
		};
		int code = find_candidates(work, module, &work->candidates[i], error);

		if (code < 0)
			return code;
		if (version_check_allows(&check, request->reporter))
			accept(work, i);
		else
			refuse(work, module, check.own);
	}
	if (work->names.count || !work->modules.count)
		return 0;
	return error_set(error, -ECANCELED, EXIT_INSTALL,
			 "Nothing of %s/%s was installed for kernel %s (%s): every module was "
			 "refused, for the reasons given above.",
			 request->id->name, request->id->version, request->kernel->id.release,
			 request->kernel->id.arch);
}

static int stage_module(struct installation *work, const struct placed_module *module,
			const char *target, struct error *error)
{
	cleanup(free_string) char *text = tree_link_text(work->request.settings, target,
							 module->built);

	report(work->request.reporter, REPORT_LINE, "Installing %s", target);
	return work->request.settings->symlink_modules
		       ? transaction_put_link(work->transaction, text, target, error)
		       : transaction_put_file(work->transaction, module->built, target, error);
}

/* Originals out, modules in; what leaves its place without a successor is in `removals`. */
static int stage_modules(struct installation *work, struct strv *removals, struct error *error)
{
	size_t next = 0;

	for (size_t i = 0; i < work->modules.count; i++) {
		const struct placed_module *module = &work->modules.items[i];

		if (!work->accepted[i])
			continue;
		bool first = !strv_contains(&work->active_names, module->name);
		int code = originals_archive(&work->placement, module, first, &work->candidates[i],
					     removals, work->transaction, work->request.reporter,
					     error);
		if (!code)
			code = stage_module(work, module, work->targets.items[next++], error);
		if (code < 0)
			return code;
	}
	return 0;
}

static int stage_active_link(struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	cleanup(free_string) char *link = layout_active_link(request->settings, request->id->name,
							     &request->kernel->id);
	cleanup(free_string) char *target = layout_active_target(request->id, &request->kernel->id);

	return transaction_put_link(work->transaction, target, link, error);
}

/* The active version leaves: its files go, and originals that nothing replaces come back. */
static int stage_replaced(struct installation *work, struct strv *removals, struct error *error)
{
	cleanup(strv_free) struct strv replaced = {0};
	const char *path;

	if (!work->active && !work->own.count)
		return 0;
	strv_add_all(&replaced, &work->names);
	strv_add_all(&replaced, &work->kept);
	STRV_FOREACH (path, &work->own) {
		cleanup(free_string) char *name = module_name_of_file(path_basename(path));

		bool stays = strv_contains(&work->targets, path);

		if (strv_contains(&work->kept, name) || (stays && !is_reinstall(work)))
			continue;
		report(work->request.reporter, REPORT_LINE, "Deleting %s", path);
		if (!stays)
			strv_add(removals, path);
	}
	if (!work->active)
		return 0;
	const struct module_id active = {work->request.id->name, work->active};
	struct placement placement = work->placement;

	placement.id = &active;
	if (originals_restore(&work->placement, &replaced, removals, work->transaction,
			      work->request.reporter, error) < 0)
		return error->code;
	return is_reinstall(work) ? 0
				  : installed_record_remove(&placement, work->transaction, error);
}

static int put_record(const struct installation *work, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};

	strv_add_all(&files, &work->targets);
	strv_add_all(&files, &work->kept_files);
	if (installed_strays_forget(&work->placement, work->transaction, error) < 0)
		return error->code;
	return installed_record_put(&work->placement, &files, &work->refused, work->transaction,
				    error);
}

static void say_what_is_replaced(const struct installation *work)
{
	const struct install_request *request = &work->request;

	if (!is_reinstall(work))
		return;
	report(request->reporter, REPORT_LINE,
	       "Module %s/%s for kernel %s (%s):", request->id->name, request->id->version,
	       request->kernel->id.release, request->kernel->id.arch);
	report(request->reporter, REPORT_LINE,
	       "Before uninstall, this module version was ACTIVE on this kernel.");
}

static int stage(struct installation *work, struct error *error)
{
	const struct install_request *request = &work->request;
	cleanup(free_string) char *description = text_format(
		"install %s/%s for %s", request->id->name, request->id->version,
		request->kernel->id.release);
	cleanup(strv_free) struct strv removals = {0};
	const char *target;

	work->transaction = transaction_begin(request->settings, description,
					      request->kernel->id.release);
	transaction_set_module(work->transaction, request->id->name);
	say_what_is_replaced(work);
	int code = stage_replaced(work, &removals, error);

	if (!code)
		code = stage_modules(work, &removals, error);
	STRV_FOREACH (target, &work->targets)
		strv_remove(&removals, target);
	if (!code)
		code = step_remove_files(work->transaction, &removals, error);
	if (!code)
		code = step_prune_parents(request, work->transaction, &work->own, error);
	if (!code)
		code = stage_active_link(work, error);
	if (!code)
		code = put_record(work, error);
	return code;
}

static int check_safety(const struct install_request *request, struct error *error)
{
	if (request->package->policy.allow_writable_sources)
		return 0;
	return safety_check_product(request->settings, request->id, &request->kernel->id,
				    "is not installed", error);
}

/* The last steps of an uninstall, when only depmod can still fail. */
static void finish_replaced(const struct installation *work)
{
	if (!is_reinstall(work))
		return;
	weak_modules_update(&work->placement, false, &work->own, work->request.reporter);
	step_run_late_script(&work->request, "post_remove", work->request.package->post_remove);
}

static int run(struct installation *work, struct error *error)
{
	int code = prepare(work, error);

	if (!code)
		code = check_safety(&work->request, error);

	if (!code)
		code = run_pre_install(work, error);
	if (!code)
		code = find_own_files(work, error);
	if (!code)
		code = choose_modules(work, error);
	if (!code)
		code = stage(work, error);
	if (!code)
		code = step_apply(&work->request, work->transaction, error);
	if (code < 0)
		return code;
	finish_replaced(work);
	weak_modules_update(&work->placement, true, &work->targets, work->request.reporter);
	step_run_late_script(&work->request, "post_install", work->request.package->post_install);
	transaction_detach(TAKE(work->transaction));
	return 0;
}

int install_module(const struct install_request *request, struct error *error)
{
	cleanup(installation_free) struct installation work = {.request = *request};

	module_files_join(&work.files, request->known_files);
	work.placement = step_placement(request, &work.files);
	if (run(&work, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return 0;
}
