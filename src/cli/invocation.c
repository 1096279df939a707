/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/invocation.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/words.h"
#include "conf/framework.h"
#include "package/tarball.h"
#include "tree/registry.h"

/* A path option that is given, made absolute so that it means the same in every directory. */
static int override_path(char **setting, const char *given, struct error *error)
{
	if (!given)
		return 0;
	if (!*given)
		return error_set(error, -EINVAL, EXIT_USAGE, "A directory given is empty.");
	if (given[0] == '/') {
		text_assign(setting, given);
		return 0;
	}
	cleanup(free_string) char *here = getcwd(NULL, 0);

	if (!here)
		return error_errno(error, -errno, EXIT_USAGE, "Cannot tell the working directory");
	free(*setting);
	*setting = path_join(here, given, NULL);
	return 0;
}

static int apply_options(struct settings *settings, const struct options *options,
			 struct error *error)
{
	if (override_path(&settings->dkms_tree, options->dkms_tree, error) < 0 ||
	    override_path(&settings->source_tree, options->source_tree, error) < 0 ||
	    override_path(&settings->install_tree, options->install_tree, error) < 0 ||
	    override_path(&settings->kernel_source_dir, options->kernel_source_dir, error) < 0 ||
	    override_path(&settings->kernel_source_dir, options->headers, error) < 0 ||
	    override_path(&settings->kernel_config, options->kernel_config, error) < 0)
		return error->code;
	settings->verbose |= options->verbose || options->debug;
	settings->symlink_modules |= options->symlink_modules;
	settings->modprobe_on_install |= options->modprobe_on_install;
	if (options->parallel_jobs)
		settings->parallel_jobs = options->parallel_jobs;
	strv_add_all(&settings->directives, &options->directives);
	strv_add_all(&settings->remotes, &options->remotes);
	if (options->from)
		strv_add(&settings->remotes, options->from);
	settings->offline = options->offline;
	return 0;
}

/* Without it all would be built, but unsigned and for no BUILD_EXCLUSIVE_CONFIG. */
static int require_kernel_config(const struct settings *settings, struct error *error)
{
	const char *file = settings->kernel_config;

	if (!file || (file_exists(file) && !file_is_directory(file)))
		return 0;
	return error_set(error, -ENOENT, EXIT_NOT_FOUND,
			 "There is no kernel configuration %s.\n"
			 "Name the kernel's .config with --config, or leave it out.",
			 file);
}

static int prepare_settings(struct invocation *invocation, struct error *error)
{
	const struct options *options = invocation->options;
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(free_string) char *root = xstrdup("");
	const char *name;

	if (override_path(&root, options->root, error) < 0)
		return error->code;
	settings_init(&invocation->settings, root);
	if (framework_load(&invocation->settings, options->lint ? NULL : reporter, error) < 0 ||
	    apply_options(&invocation->settings, options, error) < 0 ||
	    require_kernel_config(&invocation->settings, error) < 0)
		return error->code;
	invocation->ui->verbose |= invocation->settings.verbose;
	STRV_FOREACH (name, &options->deprecated)
		report(reporter, REPORT_DEPRECATED,
		       "--%s does nothing any more; it is accepted for old scripts.", name);
	return distro_detect(&invocation->settings, &invocation->distro, error);
}

static int require_plain_id(const struct module_id *id, struct error *error)
{
	const char *const parts[] = {id->name, id->version};

	for (int i = 0; i < 2; i++)
		if (parts[i] && !path_is_plain_name(parts[i]))
			return error_set(
				error, -EINVAL, EXIT_USAGE,
				"\"%s\" cannot be a module's %s: it may not be empty, begin "
				"with '.' or '-', nor hold '/' or control characters.",
				parts[i], i ? "version" : "name");
	return 0;
}

/* The versions to choose from, where there are any. */
/* The module is not there: perhaps its name is mistyped. */
static int hint_names(const struct invocation *invocation, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *nearest;

	(void)registry_list_modules(&invocation->settings, &names, &unreadable);
	nearest = names.count ? nearest_name(invocation->id.name,
					     (const char *const *)strv_argv(&names))
			      : NULL;
	if (nearest)
		return error_hint(error, "dkms knows no module %s. Is %s meant?",
				  invocation->id.name, nearest);
	return error_hint(error, "dkms knows no module %s. `dkms status` lists what it knows.",
			  invocation->id.name);
}

static int hint_versions(const struct invocation *invocation, struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	struct error ignored = {0};

	if (invocation->id.name &&
	    registry_list_versions(&invocation->settings, invocation->id.name, &versions,
				   &ignored) < 0)
		error_clear(&ignored);
	if (!versions.count)
		return invocation->id.name ? hint_names(invocation, error) : error->code;
	cleanup(free_string) char *list = strv_join(&versions, ", ");

	return error_hint(error, "%s has %s: %s.", invocation->id.name,
			  versions.count > 1 ? "the versions" : "one version", list);
}

static int require_module(const struct invocation *invocation, struct error *error)
{
	bool other = (invocation->action->needs & TAKES_SOURCE) &&
		     (invocation->source_directory || invocation->archive);

	if (!(invocation->action->needs & UNKNOWN_IS_NOTHING) &&
	    require_plain_id(&invocation->id, error) < 0)
		return error->code;
	if (!(invocation->action->needs & NEEDS_MODULE) || other ||
	    invocation->options->all_modules)
		return 0;
	if (invocation->id.name && invocation->id.version)
		return 0;
	(void)error_set(error, -EINVAL, EXIT_USAGE,
			"%s missing. Name both: dkms %s M/V, or -m M -v V.",
			invocation->id.name ? "The module's version is" : "The module's name is",
			invocation->action->name);
	return hint_versions(invocation, error);
}

static int require_root(const struct invocation *invocation, struct error *error)
{
	if (!(invocation->action->needs & NEEDS_ROOT) || geteuid() == 0 ||
	    invocation->options->dry_run)
		return 0;
	return error_set(error, -EPERM, EXIT_USAGE,
			 "Only root can run dkms %s. Try: sudo dkms %s …", invocation->action->name,
			 invocation->action->name);
}

/* "a-b/c" may be a directory's name, split at another dash than the one of "a/b-c", added as that.
 */
static void split_as_registered(struct invocation *invocation)
{
	const struct settings *settings = &invocation->settings;
	struct module_id *id = &invocation->id;

	if (!id->name || !id->version || registry_version_state(settings, id) != VERSION_UNKNOWN)
		return;
	cleanup(free_string) char *joined = text_format("%s-%s", id->name, id->version);

	for (char *dash = strchr(joined, '-'); dash; dash = strchr(dash + 1, '-')) {
		*dash = '\0';
		const struct module_id other = {joined, dash + 1};

		if (registry_version_state(settings, &other) != VERSION_UNKNOWN) {
			module_id_free(id);
			*id = module_id_new(other.name, other.version);
			return;
		}
		*dash = '-';
	}
}

/*
 * Who names a module is told what is deprecated in its dkms.conf, but not every user at every
 * kernel. The findings of conf --lint say so by themselves.
 */
static bool is_told_deprecations(const struct invocation *invocation)
{
	if (text_equal(invocation->action->name, "conf"))
		return !invocation->options->lint;
	return invocation->id.name || invocation->source_directory || invocation->archive;
}

int invocation_prepare(struct invocation *invocation, struct options *options, struct text_ui *ui,
		       struct error *error)
{
	*invocation = (struct invocation){.options = options, .ui = ui};
	if (words_resolve(invocation, error) < 0)
		return error->code;
	ui->events = options->json && !(invocation->action->needs & PRINTS_OBJECT);
	if (options_require_used(options, invocation->action->name, error) < 0 ||
	    require_root(invocation, error) < 0 || prepare_settings(invocation, error) < 0 ||
	    kernels_resolve(invocation, error) < 0 || require_module(invocation, error) < 0)
		return error->code;
	split_as_registered(invocation);
	ui->skips_deprecated = !is_told_deprecations(invocation);
	return 0;
}

void invocation_release(struct invocation *invocation)
{
	settings_free(&invocation->settings);
	distro_free(invocation->distro);
	module_id_free(&invocation->id);
	strv_free(&invocation->surplus_words);
	kernel_ids_free(&invocation->kernels);
	for (size_t i = 0; i < invocation->autoinstall_count; i++)
		autoinstall_free(&invocation->autoinstalls[i]);
	free(invocation->autoinstalls);
	free(invocation->source_directory);
	free(invocation->archive);
	if (invocation->tarball)
		tarball_close(invocation->tarball);
}

int invocation_kernels(const struct invocation *invocation, struct kernel_ids *kernels,
		       struct error *error)
{
	if (invocation->options->all) {
		if (registry_list_kernels(&invocation->settings, &invocation->id, kernels, error) <
		    0)
			return error->code;
		kernel_ids_sort(kernels);
		return 0;
	}
	for (size_t i = 0; i < invocation->kernels.count; i++)
		kernel_ids_add(kernels, invocation->kernels.items[i].release,
			       invocation->kernels.items[i].arch);
	return 0;
}

/* A module that is registered nowhere is unknown, not sound. */
int invocation_require_known(const struct invocation *invocation, struct error *error)
{
	const struct module_id *id = &invocation->id;
	cleanup(strv_free) struct strv versions = {0};

	if (!id->name)
		return 0;
	if (registry_list_versions(&invocation->settings, id->name, &versions, error) < 0)
		return error->code;
	if (id->version ? strv_contains(&versions, id->version) : versions.count > 0)
		return 0;
	return error_set(error, -ENOENT, EXIT_TREE,
			 "Nothing is registered as %s%s%s. `dkms status` lists what is.", id->name,
			 id->version ? "/" : "", id->version ? id->version : "");
}
