/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/autoinstall.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/facts.h"
#include "plan/install.h"
#include "reuse/record.h"
#include "tree/registry.h"

/* A module that should be on the kernel, while its place in the order is looked for. */
struct candidate {
	struct module_id id;
	const struct package *package;
	bool placed;
};

struct candidates {
	struct candidate *items;
	size_t count;
};

struct autoinstaller {
	struct planner *planner;
	struct autoinstall *autoinstall;
	const struct kernel *kernel;
	const char *version; /* the only one to look at; NULL: the newest */
	struct candidates candidates;
};

static const struct package *package_of(const struct autoinstaller *self,
					const struct module_id *id)
{
	for (size_t i = 0; i < self->candidates.count; i++)
		if (module_id_equal(&self->candidates.items[i].id, id))
			return self->candidates.items[i].package;
	return NULL;
}

static struct autoinstall_item *add_item(struct autoinstaller *self, const struct module_id *id,
					 enum autoinstall_outcome outcome)
{
	struct autoinstall *list = self->autoinstall;
	struct autoinstall_item *item = ARRAY_ADD(list->items, list->count);

	*item = (struct autoinstall_item){.id = module_id_new(id->name, id->version),
					  .outcome = outcome,
					  .job = PLAN_NONE,
					  .package = package_of(self, id)};
	return item;
}

/* Modules that cannot be planned. The plan and the summary say so. */
static void fail(struct autoinstaller *self, const struct module_id *id, const char *cause,
		 struct error *error)
{
	struct autoinstall_item *item = add_item(self, id, AUTOINSTALL_FAILED);

	item->exit_status = error_exit_status(error);
	item->cause = cause;
	item->reason = xstrdup(error->message);
	(void)planner_fail(self->planner, id, error);
}

static int compare_newest_first(const void *a, const void *b)
{
	return version_compare(*(char *const *)b, *(char *const *)a);
}

/* Looks at one version: sets *ret_wanted if it is to be on the kernel. */
static int look_at(struct autoinstaller *self, const struct module_id *id, bool *ret_wanted,
		   struct error *error)
{
	struct candidates *candidates = &self->candidates;
	const struct package *package;

	if (planner_package(self->planner, id, self->kernel, false, &package, error) < 0)
		return error->code;
	*ret_wanted = package->autoinstall;
	if (!package->autoinstall)
		return 0;
	*ARRAY_ADD(candidates->items, candidates->count) = (struct candidate){
		module_id_new(id->name, id->version), package, false};
	return 0;
}

/* Once, not for every kernel again. Takes the problem. */
static void warn_once(struct planner *planner, const struct module_id *id, struct error *problem)
{
	if (planner_find(planner, PLANNED_BROKEN, id, NULL) == PLAN_NONE)
		report_text(planner->reporter, REPORT_WARNING, problem->message);
	planner_remember(planner, PLANNED_BROKEN, id, NULL, 0);
	error_clear(problem);
}

/* Takes the newest version with AUTOINSTALL. Broken versions are reported and skipped. */
static int look_for_candidate(struct autoinstaller *self, const char *name, struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	bool found = false;
	char *version;

	if (self->version)
		strv_add(&versions, self->version);
	else if (registry_list_versions(self->planner->settings, name, &versions, error) < 0)
		return error->code;
	if (versions.count > 1)
		qsort(versions.items, versions.count, sizeof(char *), compare_newest_first);
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};
		struct error problem = {0};

		if (registry_require_usable(self->planner->settings, &id, &problem) < 0) {
			warn_once(self->planner, &id, &problem);
		} else if (look_at(self, &id, &found, &problem) < 0) {
			fail(self, &id, "conf", &problem);
		} else if (found) {
			report(self->planner->reporter, REPORT_VERBOSE,
			       "%s/%s is the newest version of %s with AUTOINSTALL for kernel %s.",
			       name, version, name, self->kernel->id.release);
			return 0;
		} else {
			report(self->planner->reporter, REPORT_VERBOSE,
			       "%s/%s is passed over: its dkms.conf does not set AUTOINSTALL.",
			       name, version);
		}
	}
	return 0;
}

static const struct autoinstall_item *find_item(const struct autoinstaller *self, const char *name)
{
	for (size_t i = 0; i < self->autoinstall->count; i++)
		if (text_equal(self->autoinstall->items[i].id.name, name))
			return &self->autoinstall->items[i];
	return NULL;
}

static bool is_waiting(const struct autoinstaller *self, const char *name)
{
	for (size_t i = 0; i < self->candidates.count; i++)
		if (!self->candidates.items[i].placed &&
		    text_equal(self->candidates.items[i].id.name, name))
			return true;
	return false;
}

enum dependency { SATISFIED, WAITING, UNAVAILABLE, UNKNOWN };

static enum dependency look_at_dependency(struct autoinstaller *self, const char *name)
{
	const struct settings *settings = self->planner->settings;
	const struct autoinstall_item *item = find_item(self, name);
	cleanup(free_string) char *active = registry_active_version(settings, name,
								    &self->kernel->id);
	cleanup(strv_free) struct strv versions = {0};
	cleanup(error_clear) struct error ignored = {0};

	if (item)
		return item->outcome == AUTOINSTALL_FAILED || item->outcome == AUTOINSTALL_DEFERRED
			       ? UNAVAILABLE
			       : SATISFIED;
	if (is_waiting(self, name))
		return WAITING;
	if (active || plan_is_excluded(self->planner, name, self->kernel))
		return SATISFIED;
	(void)registry_list_versions(settings, name, &versions, &ignored);
	return versions.count ? UNAVAILABLE : UNKNOWN;
}

/* The worst of a candidate's dependencies, and its name. */
static enum dependency worst_dependency(struct autoinstaller *self,
					const struct candidate *candidate, const char **ret_name)
{
	enum dependency worst = SATISFIED;
	const char *name;

	STRV_FOREACH (name, &candidate->package->build_depends) {
		enum dependency dependency = look_at_dependency(self, name);

		if (dependency > worst) {
			worst = dependency;
			*ret_name = name;
		}
	}
	return worst;
}

/* A build that has failed would fail again; *ret_log and its status, or 0. */
static int recall_failure(struct autoinstaller *self, const struct candidate *candidate,
			  char **ret_log)
{
	struct planner *planner = self->planner;
	const struct reuse_request request = {
		.context = &planner->plan->reuse,
		.settings = planner->settings,
		.id = &candidate->id,
		.package = candidate->package,
		.kernel = self->kernel,
	};
	int status;

	if (planner->force || fleet_must_serve(planner->settings, candidate->package) ||
	    registry_is_built(planner->settings, &candidate->id, &self->kernel->id) ||
	    !failed_recall(&request, &status, ret_log))
		return 0;
	return status;
}

/* Reports a build that failed before and is not tried again. */
static void pass_over(struct autoinstaller *self, const struct candidate *candidate, int status,
		      char *log)
{
	struct planner *planner = self->planner;

	(void)planner_notice(planner,
			     "%s/%s failed to build for kernel %s (%s) before, and nothing has "
			     "changed since: it is not tried again. See: dkms why %s/%s -k %s",
			     candidate->id.name, candidate->id.version, self->kernel->id.release,
			     self->kernel->id.arch, candidate->id.name, candidate->id.version,
			     self->kernel->id.release);
	struct autoinstall_item *item = add_item(self, &candidate->id, AUTOINSTALL_FAILED);

	item->exit_status = status;
	item->cause = "build-failed";
	item->reason = text_format("Its build failed with status %d, and nothing that it depends "
				   "on has changed since.",
				   status);
	item->log = log;
}

/* A newer version, put there by hand, is not replaced by a version with AUTOINSTALL. */
static bool is_superseded(const struct autoinstaller *self, const struct module_id *id)
{
	const struct planner *planner = self->planner;
	cleanup(free_string) char *active = registry_active_version(planner->settings, id->name,
								    &self->kernel->id);

	return active && !planner->force && version_compare(active, id->version) > 0;
}

static bool is_done(struct autoinstaller *self, const struct candidate *candidate)
{
	return (!self->planner->force &&
		plan_is_installed(self->planner, &candidate->id, self->kernel)) ||
	       is_superseded(self, &candidate->id);
}

static void add_excluded(struct autoinstaller *self, const struct module_id *id, const char *reason)
{
	struct autoinstall_item *item = add_item(self, id, AUTOINSTALL_SKIPPED);

	item->cause = "excluded";
	item->reason = xstrdup(reason);
}

static void plan_candidate(struct autoinstaller *self, const struct candidate *candidate)
{
	struct planner *planner = self->planner;
	const struct module_id *id = &candidate->id;
	const struct kernel_id *kernel = &self->kernel->id;
	cleanup(error_clear) struct error error = {0};
	cleanup(free_string) char *log = NULL;
	size_t job;

	if (candidate->package->excluded) {
		(void)planner_notice(planner, "%s/%s is not meant for kernel %s (%s). %s", id->name,
				     id->version, kernel->release, kernel->arch,
				     candidate->package->exclusion_reason);
		add_excluded(self, id, candidate->package->exclusion_reason);
		return;
	}
	if (is_done(self, candidate)) {
		(void)add_item(self, id, AUTOINSTALL_DONE);
		return;
	}
	(void)planner_notice(planner, "Autoinstall of module %s/%s for kernel %s (%s)", id->name,
			     id->version, kernel->release, kernel->arch);
	int failed = recall_failure(self, candidate, &log);

	if (failed && !plan_may_pull(planner, candidate->package)) {
		pass_over(self, candidate, failed, TAKE(log));
		return;
	}
	if (plan_install(planner, id, kernel, &job, &error) < 0) {
		if (error.exit_status != EXIT_EXCLUDED) {
			fail(self, id, error.exit_status == EXIT_BAD_CONF ? "conf" : "plan",
			     &error);
			return;
		}
		add_excluded(self, id, error.message);
		return;
	}
	add_item(self, id, AUTOINSTALL_PLANNED)->job = job;
	/* A remote may have by now what could not be compiled here. */
	if (failed && (job = planner_find(planner, PLANNED_BUILD, id, kernel)) != PLAN_NONE) {
		planner->plan->jobs[job].failed_before = failed;
		planner->plan->jobs[job].pulled_only = true;
	}
}

/* Missing headers are reported once, however many modules need them. */
static bool lacks_headers(struct autoinstaller *self, const struct candidate *candidate)
{
	struct planner *planner = self->planner;
	const struct kernel_id *kernel = &self->kernel->id;
	cleanup(error_clear) struct error missing = {0};

	if (candidate->package->excluded || is_done(self, candidate) ||
	    registry_is_built(planner->settings, &candidate->id, kernel) ||
	    plan_may_pull(planner, candidate->package) ||
	    plan_require_headers(planner, self->kernel, &missing) == 0)
		return false;
	struct autoinstall_item *item = add_item(self, &candidate->id, AUTOINSTALL_FAILED);

	item->exit_status = EXIT_NO_HEADERS;
	item->cause = "headers";
	item->reason = xstrdup(missing.message);
	if (planner_find(planner, PLANNED_HEADERS, NULL, kernel) == PLAN_NONE)
		planner_remember(planner, PLANNED_HEADERS, NULL, kernel,
				 planner_fail(planner, &candidate->id, &missing));
	return true;
}

static void defer(struct autoinstaller *self, const struct module_id *id, const char *needed)
{
	struct autoinstall_item *item = add_item(self, id, AUTOINSTALL_DEFERRED);

	item->cause = "dependency";
	item->reason = text_format("It needs %s, which dkms does not know.", needed);
}

/* Places a candidate if all it depends on has its place. */
static bool place(struct autoinstaller *self, struct candidate *candidate)
{
	const char *name = NULL;
	struct error error = {0};

	if (lacks_headers(self, candidate)) {
		candidate->placed = true;
		return true;
	}
	switch (worst_dependency(self, candidate, &name)) {
	case WAITING:
		return false;
	case SATISFIED:
		plan_candidate(self, candidate);
		break;
	case UNAVAILABLE:
		(void)error_set(&error, -ENOENT, EXIT_DEPENDENCY,
				"%s/%s needs %s, which is not installed for kernel %s.",
				candidate->id.name, candidate->id.version, name,
				self->kernel->id.release);
		fail(self, &candidate->id, "dependency", &error);
		break;
	case UNKNOWN:
		(void)planner_notice(
			self->planner,
			"%s/%s autoinstall is put off: it needs %s, which dkms does not "
			"know. Add it, and run dkms autoinstall again.",
			candidate->id.name, candidate->id.version, name);
		defer(self, &candidate->id, name);
		break;
	}
	candidate->placed = true;
	return true;
}

/* The first of its dependencies that waits, too: where nothing can be placed any more, there is
 * one. */
static size_t waiting_dependency(const struct autoinstaller *self, size_t index)
{
	const struct strv *names = &self->candidates.items[index].package->build_depends;
	const char *name;

	STRV_FOREACH (name, names)
		for (size_t i = 0; i < self->candidates.count; i++)
			if (!self->candidates.items[i].placed &&
			    text_equal(self->candidates.items[i].id.name, name))
				return i;
	return index;
}

/* "a -> b -> a", owned: the circle to which the dependencies of one lead. *ret_in_it: it is in it.
 */
static char *describe_circle(const struct autoinstaller *self, size_t index, bool *ret_in_it)
{
	const struct candidate *items = self->candidates.items;
	cleanup(strv_free) struct strv names = {0};
	size_t first = index;

	/* After as many steps as there are candidates one is in the circle for sure. */
	for (size_t i = 0; i < self->candidates.count; i++)
		first = waiting_dependency(self, first);
	size_t at = first;

	*ret_in_it = false;
	do {
		strv_add(&names, items[at].id.name);
		*ret_in_it |= at == index;
		at = waiting_dependency(self, at);
	} while (at != first);
	strv_add(&names, items[first].id.name);
	return strv_join(&names, " -> ");
}

/* When nothing can be placed any more, the rest waits in a circle, or for a circle. */
static void fail_circles(struct autoinstaller *self)
{
	struct candidate *items = self->candidates.items;

	for (size_t i = 0; i < self->candidates.count; i++) {
		struct error error = {0};
		bool in_it;

		if (items[i].placed)
			continue;
		cleanup(free_string) char *circle = describe_circle(self, i, &in_it);

		(void)error_set(&error, -ELOOP, EXIT_DEPENDENCY, "%s/%s %s in a circle: %s.",
				items[i].id.name, items[i].id.version,
				in_it ? "depends on itself"
				      : "needs modules that depend on themselves",
				circle);
		fail(self, &items[i].id, "dependency", &error);
	}
	for (size_t i = 0; i < self->candidates.count; i++)
		items[i].placed = true;
}

static void place_all(struct autoinstaller *self)
{
	bool progress = true;

	while (progress) {
		progress = false;
		for (size_t i = 0; i < self->candidates.count; i++)
			if (!self->candidates.items[i].placed)
				progress |= place(self, &self->candidates.items[i]);
	}
	fail_circles(self);
}

int planner_autoinstall(struct planner *planner, const struct kernel_id *kernel,
			const struct module_id *which, struct autoinstall *autoinstall,
			struct error *error)
{
	struct autoinstaller self = {
		.planner = planner, .autoinstall = autoinstall, .version = which->version};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	*autoinstall = (struct autoinstall){.kernel = kernel_id_new(kernel->release, kernel->arch)};
	if (planner_kernel(planner, kernel, &self.kernel, error) < 0)
		return error->code;
	if (which->name)
		strv_add(&names, which->name);
	else if (registry_list_modules(planner->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (look_for_candidate(&self, name, error) < 0)
			break;
	if (!error->code)
		place_all(&self);
	for (size_t i = 0; i < self.candidates.count; i++)
		module_id_free(&self.candidates.items[i].id);
	free(self.candidates.items);
	return error->code;
}

void autoinstall_free(struct autoinstall *autoinstall)
{
	for (size_t i = 0; i < autoinstall->count; i++) {
		module_id_free(&autoinstall->items[i].id);
		free(autoinstall->items[i].reason);
		free(autoinstall->items[i].log);
	}
	free(autoinstall->items);
	kernel_id_free(&autoinstall->kernel);
	*autoinstall = (struct autoinstall){0};
}
