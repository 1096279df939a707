/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/package.h"

#include <stdlib.h>

static void rule_release(struct exclusive_rule *rule)
{
	free(rule->kernel);
	free(rule->kernel_min);
	free(rule->kernel_max);
	free(rule->arch);
	free(rule->config);
}

static void module_release(struct built_module *module)
{
	free(module->built_name);
	free(module->built_location);
	free(module->dest_name);
	free(module->dest_location);
	rule_release(&module->exclusive);
}

void package_free(struct package *package)
{
	if (!package)
		return;
	char *const owned[] = {
		package->name,          package->version,     package->make_command,
		package->clean_command, package->post_add,    package->pre_build,
		package->post_build,    package->pre_install, package->post_install,
		package->post_remove,   package->obsolete_by, package->exclusion_reason,
	};

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(owned[i]);
	for (size_t i = 0; i < package->module_count; i++)
		module_release(&package->modules[i]);
	free(package->modules);
	rule_release(&package->exclusive);
	strv_free(&package->patches);
	strv_free(&package->build_depends);
	strv_free(&package->modules_conf);
	free(package);
}
