/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/manifest.h"

#include <stdlib.h>

#include "base/memory.h"

struct manifest_module *manifest_add_module(struct manifest *manifest, char *name, char *digest,
					    char *vermagic)
{
	struct manifest_module *module = ARRAY_ADD(manifest->modules, manifest->module_count);

	*module = (struct manifest_module){name, digest, vermagic, NULL};
	return module;
}

void manifest_free(struct manifest *manifest)
{
	module_id_free(&manifest->id);
	kernel_id_free(&manifest->kernel);
	build_inputs_free(&manifest->inputs);
	strmap_free(&manifest->headers, free);
	strmap_free(&manifest->imports, free);
	for (size_t i = 0; i < manifest->module_count; i++) {
		free(manifest->modules[i].name);
		free(manifest->modules[i].digest);
		free(manifest->modules[i].vermagic);
		free(manifest->modules[i].location);
	}
	free(manifest->modules);
	free(manifest->kernel_build);
	free(manifest->unfit);
	free(manifest->configuration);
	free(manifest->machinery);
	free(manifest->whole);
	free(manifest->symvers);
	free(manifest);
}
