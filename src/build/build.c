/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/staging.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/environment.h"
#include "build/make.h"
#include "build/probes.h"
#include "journal/transaction.h"
#include "reuse/record.h"
#include "shim/fronts.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"

/* The limits of a build (build_limits), and the messages about a limit that was hit. */

/*
 * The limits are generous: the largest known builds take several gigabytes and an hour, a fraction
 * of them. dkms-framework.conf(5) describes each limit.
 */
static const struct build_limits defaults = {
	.limits[OF_MEMORY] = {LIMIT_PERCENT, 90},
	.limits[OF_PROCESSES] = {LIMIT_AMOUNT, 8192},
	.limits[OF_TMP] = {LIMIT_PERCENT, 25},
	.limits[OF_DISK] = {LIMIT_AMOUNT, 64ULL << 30},
	.limits[OF_TIME] = {LIMIT_AMOUNT, 12ULL * 3600},
};

static uint64_t machine_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : (uint64_t)info.totalram * info.mem_unit;
}

static uint64_t amount_of(const struct build_limits *limits, enum build_limit_of what)
{
	const struct build_limit *limit = &limits->limits[what];

	if (limit->kind == LIMIT_DEFAULT)
		limit = &defaults.limits[what];

	if (limit->kind == LIMIT_NONE)
		return 0;
	return limit->kind == LIMIT_PERCENT ? machine_memory() / 100 * limit->value : limit->value;
}

static struct cage_limits limits_of(const struct build_limits *limits)
{
	enum build_limit_kind memory = limits->limits[OF_MEMORY].kind;

	return (struct cage_limits){
		.memory = amount_of(limits, OF_MEMORY),
		.memory_is_chosen = memory == LIMIT_AMOUNT || memory == LIMIT_PERCENT,
		.processes = amount_of(limits, OF_PROCESSES),
		.temporary = amount_of(limits, OF_TMP),
		.disk = amount_of(limits, OF_DISK),
		.seconds = (unsigned int)amount_of(limits, OF_TIME),
	};
}

static void name_setting(const struct builder *builder, const char *word, struct error *error)
{
	(void)error_hint(error,
			 "If it needs more, raise %s= in build_limits, in %s/etc/dkms/%s.conf.",
			 word, builder->request->settings->root, builder->request->id->name);
}

/* Adds to the error of a failed build which limit it ran into, if any, and the setting. */
static void limits_explain(const struct builder *builder, struct error *error)
{
	const struct cage_limits limits = limits_of(
		&builder->request->package->policy.build_limits);

	if (!builder->cage)
		return;
	if (error->code == -ETIME || error->code == -EDQUOT) {
		name_setting(builder, error->code == -ETIME ? "time" : "disk", error);
		return;
	}
	switch (cage_limit_hit(builder->cage)) {
	case CAGE_LIMIT_NONE:
		break;
	case CAGE_LIMIT_MEMORY:
		(void)error_hint(error, "The build used up the memory that it may have (%llu MiB).",
				 (unsigned long long)(limits.memory >> 20));
		name_setting(builder, "memory", error);
		break;
	case CAGE_LIMIT_PROCESSES:
		(void)error_hint(error, "The build had as many processes as it may (%llu).",
				 (unsigned long long)limits.processes);
		name_setting(builder, "processes", error);
		break;
	case CAGE_LIMIT_TEMPORARY:
		(void)error_hint(error, "The build filled its private /tmp (%llu MiB).",
				 (unsigned long long)(limits.temporary >> 20));
		name_setting(builder, "tmp", error);
		break;
	}
}

/* The files whose contents decide which modules this machine trusts. */
static void add_secrets(const struct build_request *request, struct strv *secrets)
{
	strv_add_owned(secrets, layout_mok_key(request->settings));
	if (request->signing && request->signing->key)
		strv_add(secrets, request->signing->key);
}

static int note_refusal(const struct builder *builder, const char *refusal, struct error *error)
{
	cleanup(free_string) char *note = text_format(
		"The build is not isolated from the system, because that is not possible here: %s",
		refusal);

	const struct policy *policy = &builder->request->package->policy;

	if (policy->build_sandbox == SANDBOX_REQUIRE) {
		(void)error_set(error, -EPERM, EXIT_BUILD_FAILED,
				"The build cannot be isolated from the system (%s), and "
				"build_sandbox=\"require\" forbids to build without.",
				refusal);
		return error_hint(error,
				  "Allow namespaces here, or set build_sandbox=\"yes\" in "
				  "%s/etc/dkms/%s.conf.",
				  builder->request->settings->root, builder->request->id->name);
	}
	if (policy->build_sandbox == SANDBOX_YES)
		report_text(builder->request->reporter, REPORT_WARNING, note);
	return make_log_note(builder->log, note, error);
}

/*
 * The jobserver that make-front may use. A lone build's own make -jN is as good: it makes one, by
 * the best means that it knows. Others have only this one.
 */
static const char *jobserver_to_show(const struct build_request *request)
{
	bool lone = request->jobserver.ends[0] < 0;
	bool makes_one = request->jobs > 1 &&
			 make_command_is_given_jobs(request->package->make_command);

	return lone && makes_one ? NULL : request->jobserver.fifo;
}

static int enter_cage(struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const struct workspace *workspace = builder->workspace;
	const struct policy *policy = &request->package->policy;
	cleanup(free_string) char *shell_front = fronts_shell();
	struct cage_request wanted = {
		.support = request->cage_support,
		.number = request->number,
		.strictest = policy->build_sandbox == SANDBOX_NO ? CAGE_VIEW : CAGE_FULL,
		.view = workspace->view,
		.mount_point = workspace->home,
		.writable = workspace->shown_build,
		.readable = request->kernel->source_directory,
		.temporary = request->settings->temporary,
		.fifo = jobserver_to_show(request),
		.shown_fifo = FRONT_JOBSERVER,
		.shell_front = shell_front,
		.real_shell = FRONT_REAL_SHELL,
		.limits = limits_of(&policy->build_limits),
		.network = policy->build_network,
	};
	const char *refusal = request->cage_support->refusal;
	cleanup(free_string) char *source = NULL;

	if (policy->build_in_source) {
		cleanup(free_string) char *link = layout_source_link(request->settings,
								     request->id);

		source = realpath(link, NULL);
		wanted.second_place = source;
	}
	visible_paths(request, &builder->environment, &wanted.hidden, &wanted.visible);
	add_secrets(request, &wanted.secrets);
	if (!refusal || wanted.strictest != CAGE_FULL || note_refusal(builder, refusal, error) == 0)
		(void)cage_open(&wanted, &builder->cage, error);
	strv_free(&wanted.hidden);
	strv_free(&wanted.visible);
	strv_free(&wanted.secrets);
	if (error->code)
		return error->code;
	if (builder->cage->kind == CAGE_NONE && request->only_cache)
		return error_set(error, -ENOSYS, EXIT_BUILD_FAILED,
				 "A build cannot be tried here without changing the tree: there "
				 "are no mount namespaces.");
	if (builder->cage->kind == CAGE_NONE)
		return workspace_use_conventional(builder->workspace, error);
	return 0;
}

/* Root's home cannot be read in the cage, nor what TMPDIR may name. */
static void adapt_environment(struct builder *builder)
{
	static const char *const places[] = {"TMPDIR", "TMP", "TEMP", "TEMPDIR", "XDG_RUNTIME_DIR"};

	if (builder->cage->kind != CAGE_FULL)
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		environment_unset(&builder->environment, places[i]);
	environment_set(&builder->environment, "HOME", "/tmp");
	visible_drop_closed(builder->request->settings, &builder->environment);
}

static int prepare(struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	struct workspace *workspace = builder->workspace;

	kernel_find_toolchain(request->kernel, &builder->toolchain);
	const struct environment_request environment = {
		.settings = request->settings,
		.policy = &request->package->policy,
		.toolchain = &builder->toolchain,
		.id = request->id,
		.kernel = &request->kernel->id,
		.command = request->package->make_command,
	};

	if (environment_make(&environment, &builder->environment, request->reporter, error) < 0 ||
	    enter_cage(builder, error) < 0)
		return error->code;
	adapt_environment(builder);
	fronts_lay(builder);
	probes_prepare(builder);
	if (source_copy(builder, error) < 0)
		return error->code;
	if (builder->cage->owner)
		return cage_give(workspace->build, builder->cage->owner, error);
	return 0;
}

static int build(struct builder *builder, struct error *error)
{
	if (prepare(builder, error) < 0 || patches_apply(builder, error) < 0)
		return error->code;
	manifest_begin(builder);
	strays_begin(builder);
	if (commands_run_pre_build(builder, error) < 0 || commands_run_make(builder, error) < 0 ||
	    products_check(builder, error) < 0 || products_stage(builder, error) < 0)
		return error->code;
	manifest_end(builder);
	return builder->request->only_cache ? publish_to_cache(builder) : publish(builder, error);
}

static int require_headers(const struct build_request *request, struct error *error)
{
	const char *release = request->kernel->id.release;
	cleanup(free_string) char *install = request->distro
						     ? distro_headers_command(request->settings,
									      request->distro,
									      release)
						     : NULL;

	return kernel_require_headers(request->kernel, install, error);
}

/* Stages the candidate if it still fits, otherwise a build of another machine. */
static int take_ready_build(struct builder *builder, bool *ret_taken, struct error *error)
{
	if (builder->candidate && reused_stage(builder, ret_taken, error) < 0)
		return error->code;
	return *ret_taken ? 0 : pull_stage(builder, ret_taken, error);
}

static void builder_release(struct builder *builder)
{
	if (builder->cage)
		cage_close(builder->cage);
	if (builder->log)
		make_log_close(builder->log);
	if (builder->workspace)
		workspace_close(builder->workspace);
	if (builder->record)
		record_close(builder->record);
	if (builder->manifest)
		manifest_free(builder->manifest);
	if (builder->pulled)
		reuse_candidate_free(builder->pulled);
	kernel_toolchain_free(&builder->toolchain);
	strv_free(&builder->environment);
}

static int check(const struct build_request *request, struct error *error)
{
	const struct kernel_id *kernel = &request->kernel->id;

	/* Builds of others need no headers. */
	if ((!request->fleet && require_headers(request, error) < 0) ||
	    registry_require_usable(request->settings, request->id, error) < 0)
		return error->code;
	if (!request->replace && !request->only_cache &&
	    registry_is_built(request->settings, request->id, kernel))
		return error_set(error, -EEXIST, EXIT_TREE,
				 "Module %s/%s is already built for kernel %s (%s).",
				 request->id->name, request->id->version, kernel->release,
				 kernel->arch);
	if (source_check(request->settings, request->id, error) < 0)
		return error->code;
	kernel_report_other_headers(request->kernel, request->reporter);
	if (request->package->policy.allow_writable_sources)
		return 0;
	return safety_check(request->settings, request->id, request->reporter, error);
}

static int open_log(struct builder *builder, struct error *error)
{
	const struct workspace *workspace = builder->workspace;
	cleanup(free_string) char *shown = path_join(workspace->shown_build, "make.log", NULL);

	if (make_log_open(workspace->log, shown, builder->request->id,
			  &builder->request->kernel->id, &builder->log, error) < 0)
		return error->code;
	builder->log->glimpse = builder->request->glimpse;
	return 0;
}

int build_module(const struct build_request *request, struct error *error)
{
	cleanup(builder_release) struct builder builder = {.request = request,
							   .candidate = request->candidate};

	if (check(request, error) < 0 ||
	    workspace_open(request->settings, request->id, &request->kernel->id, &builder.workspace,
			   error) < 0 ||
	    (!request->only_cache && !request->failed_before &&
	     workspace_remove_old_build(builder.workspace, error) < 0) ||
	    open_log(&builder, error) < 0)
		return error_set_status(error, EXIT_BUILD_FAILED);
	bool taken = false;

	if (take_ready_build(&builder, &taken, error) < 0 ||
	    (request->failed_before && workspace_remove_old_build(builder.workspace, error) < 0))
		return error_set_status(error, EXIT_BUILD_FAILED);
	if (!taken && require_headers(request, error) < 0)
		return error->code;
	if ((taken ? publish(&builder, error) : build(&builder, error)) < 0) {
		limits_explain(&builder, error);
		failure_report(&builder, error);
		return error_set_status(error, EXIT_BUILD_FAILED);
	}
	return 0;
}

int build_remove(const struct settings *settings, const struct module_id *id,
		 const struct kernel_id *kernel, struct error *error)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *version = layout_version(settings, id);
	cleanup(free_string) char *parent = path_parent(product);
	cleanup(free_string) char *what = text_format("unbuild %s/%s for %s", id->name, id->version,
						      kernel->release);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		settings, what, NULL);

	failed_forget(settings, id, kernel);
	if (!file_is_directory(product))
		return error_set(error, -ENOENT, EXIT_TREE,
				 "Module %s/%s is not built for kernel %s (%s).", id->name,
				 id->version, kernel->release, kernel->arch);
	if (transaction_remove(transaction, product, error) < 0 ||
	    transaction_prune(transaction, parent, version, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}

/* Without namespaces a build that died left its build directory in the conventional place. */
static int remove_unfinished_build(const char *home, struct error *error)
{
	cleanup(free_string) char *build = path_join(home, "build", NULL);
	cleanup(free_string) char *log = path_join(build, "make.log", NULL);

	return file_exists(log) ? 0 : directory_remove(build, error);
}

static int remove_leftovers_of(const struct settings *settings, const char *name,
			       struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	char *version;

	if (registry_list_versions(settings, name, &versions, error) < 0)
		return error->code;
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};
		cleanup(free_string) char *home = layout_version(settings, &id);

		staging_sweep(home, "build");
		if (remove_unfinished_build(home, error) < 0)
			return error->code;
	}
	return 0;
}

int build_remove_leftovers(const struct settings *settings, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (registry_list_modules(settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (remove_leftovers_of(settings, name, error) < 0)
			return error->code;
	return 0;
}
