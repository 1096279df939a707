/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/builds.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "module/content.h"
#include "module/ko.h"
#include "module/symbols.h"
#include "sign/verify.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"

/* Root packs no build that others may have written, unless the administrator allows it. */
static int require_built(const struct distribute_request *request, const struct kernel_id *kernel,
			 struct error *error)
{
	int code = registry_require_built(request->settings, request->id, kernel, error);

	if (code < 0 || geteuid() != 0 || request->package->policy.allow_writable_sources)
		return code;
	return safety_check_product(request->settings, request->id, kernel, "is not packed", error);
}

/* True if the vermagic is that of the kernel, or of a kernel with the same interface. */
static bool is_for(const struct distribute_request *request, const struct kernel_id *kernel,
		   const char *vermagic)
{
	cleanup(free_string) char *origin = registry_reused_from(request->settings, request->id,
								 kernel);
	size_t length = strcspn(vermagic ? vermagic : "", " ");
	cleanup(free_string) char *release = xstrndup(vermagic ? vermagic : "", length);

	/* Modules that kbuild did not make have no vermagic. */
	return !vermagic || text_equal(release, kernel->release) || text_equal(release, origin);
}

static int require_for(const struct distribute_request *request, const struct kernel_id *kernel,
		       const char *path, struct error *error)
{
	struct ko_info info = {0};
	int code = ko_read_info(path, &info, error);

	if (code == 0 && !is_for(request, kernel, info.vermagic))
		code = error_set(error, -EINVAL, EXIT_INSTALL,
				 "%s was made for another kernel than %s: its vermagic is %s.\n"
				 "Build it anew: dkms build %s/%s -k %s --force",
				 path, kernel->release, info.vermagic, request->id->name,
				 request->id->version, kernel->release);
	ko_info_free(&info);
	return code < 0 ? error_set_status(error, EXIT_INSTALL) : 0;
}

static bool is_there(const struct strv *names, const char *module)
{
	const char *name;

	STRV_FOREACH (name, names) {
		cleanup(free_string) char *found = module_name_of_file(name);

		if (text_equal(found, module))
			return true;
	}
	return false;
}

/* A kernel may exclude some modules of a package, but not all. */
static int require_modules(const struct distribute_request *request, const struct kernel_id *kernel,
			   const struct strv *names, struct error *error)
{
	const struct package *package = request->package;

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];
		const struct exclusive_rule *rule = &module->exclusive;
		bool is_always = !rule->kernel && !rule->kernel_min && !rule->kernel_max &&
				 !rule->arch && !rule->config;

		if (is_always && !is_there(names, module->dest_name))
			return error_set(error, -ENOENT, EXIT_INSTALL,
					 "The module %s is missing in the build of %s/%s for "
					 "kernel %s.\n"
					 "Build it anew: dkms build %s/%s -k %s --force",
					 module->dest_name, request->id->name, request->id->version,
					 kernel->release, request->id->name, request->id->version,
					 kernel->release);
	}
	if (names->count)
		return 0;
	return error_set(error, -ENOENT, EXIT_INSTALL, "No modules built for %s (%s).",
			 kernel->release, kernel->arch);
}

int builds_list(const struct distribute_request *request, const struct kernel_id *kernel,
		struct strv *names, struct error *error)
{
	cleanup(free_string) char *directory = layout_product_modules(request->settings,
								      request->id, kernel);
	cleanup(strv_free) struct strv entries = {0};
	const char *name;

	if (require_built(request, kernel, error) < 0 ||
	    directory_list(directory, &entries, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	STRV_FOREACH (name, &entries) {
		cleanup(free_string) char *module = module_name_of_file(name);
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (!module)
			continue;
		if (require_for(request, kernel, path, error) < 0)
			return error->code;
		strv_add(names, name);
	}
	return require_modules(request, kernel, names, error);
}

char *builds_plain_name(const char *name)
{
	cleanup(free_string) char *module = module_name_of_file(name);

	return text_format("%s.ko", module);
}

/* A module's signature lies within the compressed bytes, and stays valid. */
static int add_module(const struct making *making, const char *from, const char *directory,
		      struct error *error)
{
	const char *name = path_basename(from);
	cleanup(free_string) char *plain = builds_plain_name(name);
	cleanup(free_string) char *target = path_join(directory,
						      making->plain_modules ? plain : name, NULL);
	cleanup(free_string) char *data = NULL;
	size_t length = 0, content = 0, cms = 0;

	if (ko_read(from, &data, &length, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	if (signature_find_last(data, length, &content, &cms) == SIGNATURE_FORM_NONE)
		report(making->request->reporter, REPORT_WARNING,
		       "%s is not signed. A kernel that insists on signatures will not load it.",
		       name);
	if ((making->plain_modules ? file_create_unsynced(target, data, length, 0644, error)
				   : file_copy_unsynced(from, target, error)) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int builds_add(const struct making *making, const struct kernel_id *kernel,
	       const struct strv *names, const char *directory, struct error *error)
{
	const struct distribute_request *request = making->request;
	cleanup(free_string) char *from = layout_product_modules(request->settings, request->id,
								 kernel);
	const char *name;

	if (file_make_directories(directory, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	STRV_FOREACH (name, names) {
		cleanup(free_string) char *path = path_join(from, name, NULL);

		if (add_module(making, path, directory, error) < 0)
			return error->code;
	}
	return 0;
}

int builds_add_certificate(const struct distribute_request *request, const struct kernel_id *kernel,
			   const char *root, const char *name, struct error *error)
{
	const struct settings *settings = request->settings;
	cleanup(free_string) char *own = layout_mok_certificate(settings);
	cleanup(free_string) char *chosen = settings_expand(settings->mok_certificate,
							    kernel->release);
	cleanup(free_string) char *path = path_join(root, name, NULL);
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(certificate_identity_free) struct certificate_identity identity = {0};

	if (certificate_identify(chosen ? chosen : own, &identity, error) < 0 ||
	    file_make_directories(parent, error) < 0 ||
	    file_create_unsynced(path, identity.der, identity.length, 0644, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int builds_set_license(struct making *making, struct error *error)
{
	const struct distribute_request *request = making->request;
	const struct kernel_id *kernel = &request->kernels->items[0];
	cleanup(free_string) char *directory = layout_product_modules(request->settings,
								      request->id, kernel);
	cleanup(module_symbols_free) struct module_symbols symbols = {0};
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error ignored = {0};

	if (builds_list(request, kernel, &names, error) < 0 || !names.count)
		return error->code;
	cleanup(free_string) char *path = path_join(directory, names.items[0], NULL);

	if (module_symbols_read(path, &symbols, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	if (symbols.license && making_require_line("license", symbols.license, &ignored) == 0)
		text_assign(&making->license, symbols.license);
	return 0;
}

int builds_set_time(struct making *making, struct error *error)
{
	cleanup(free_string) char *source = realpath(making->request->source, NULL);

	if (!source)
		return error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot read the source %s",
				   making->request->source);
	return making_set_time(making, source, error);
}
