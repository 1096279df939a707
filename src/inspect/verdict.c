/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "module/ko.h"

/* The format of a compressed module, "gz", that kmod here cannot read; NULL if it can read the
 * module. */
static const char *format_that_kmod_lacks(const struct judged_module *module)
{
	enum compression compression = compression_of_name(module->path);
	const char *suffix = compression_suffix(compression);

	return !*suffix || ko_kmod_reads(compression) ? NULL : suffix + 1;
}

/* Newer depmods leave out what they cannot read; then another depmod changes nothing. */
static void refuse_unlisted(const struct judged_module *module, struct verdict *verdict)
{
	const char *format = format_that_kmod_lacks(module);

	if (format)
		verdict_refuse(
			verdict, "compression", NEXT_BUILD,
			"modules.dep does not list it, because depmod here cannot read %s files",
			format);
	else
		verdict_refuse(verdict, "not-listed", "depmod K",
			       "modules.dep does not list it, so that modprobe does not find it");
}

/* modprobe takes the file that modules.dep names, and nothing for what is built in. */
static void check_place(const struct verdict_kernel *kernel, const struct judged_module *module,
			struct verdict *verdict)
{
	const struct listed_module *listed = modules_dep_find(&kernel->dep, module->path);

	if (modules_dep_is_builtin(&kernel->dep, module->path)) {
		verdict_refuse(verdict, "builtin", NULL,
			       "the kernel has a module of that name built in");
		return;
	}
	if (!listed) {
		refuse_unlisted(module, verdict);
		return;
	}
	cleanup(free_string) char *path = facts_path(kernel, listed->path);

	if (text_equal(path, module->path))
		return;
	if (!file_exists(path))
		verdict_refuse(verdict, "not-listed", "depmod K",
			       "modules.dep names %s instead, which is gone", path);
	else
		verdict_refuse(verdict, "shadowed",
			       "remove the other file, or put this one first in /etc/depmod.d, and "
			       "run depmod K",
			       "modprobe prefers another file of that name: %s", path);
}

static void check_compression(const struct verdict_kernel *kernel,
			      const struct judged_module *module, struct verdict *verdict)
{
	const char *format = format_that_kmod_lacks(module);

	if (!format)
		return;
	if (kernel_config_is_yes(kernel->kernel, "MODULE_DECOMPRESS"))
		verdict_doubt(verdict, "compression",
			      "modprobe here cannot read %s files, and the kernel perhaps can",
			      format);
	else
		verdict_refuse(verdict, "compression", NEXT_BUILD,
			       "modprobe here cannot read %s files", format);
}

/* same_magic() of the kernel: with CRCs the release, up to the first blank, does not matter. */
static void check_vermagic(const struct verdict_kernel *kernel, const struct judged_module *module,
			   struct verdict *verdict)
{
	const char *own = module->symbols.vermagic;
	const char *wanted = kernel->vermagic;

	if (!own) {
		if (!facts_allow_force(kernel, verdict))
			verdict_refuse(verdict, "vermagic", NEXT_BUILD, "it has no vermagic");
		return;
	}
	if (!wanted) {
		verdict_doubt(verdict, "vermagic",
			      "the kernel has no module of its own to compare the vermagic with");
		return;
	}
	bool without_release = facts_has_modversions(kernel) && module->symbols.has_versions;
	size_t skip_own = without_release ? strcspn(own, " ") : 0;
	size_t skip_wanted = without_release ? strcspn(wanted, " ") : 0;

	if (!text_equal(own + skip_own, wanted + skip_wanted))
		verdict_refuse(verdict, "vermagic", NEXT_BUILD,
			       "its vermagic is \"%s\", and the kernel's \"%s\"", own, wanted);
}

static void check_signature(const struct verdict_kernel *kernel, const struct judged_module *module,
			    struct verdict *verdict)
{
	static const char sign[] = "dkms sign M/V -k K";
	static const char enrol[] = "dkms sign-status tells how to enrol it";

	switch (module->has_signature ? module->signature
				      : signature_verdict_of_file(&kernel->trust, module->path)) {
	case SIGNATURE_NOT_ENFORCED:
	case SIGNATURE_TRUSTED:
		break;
	case SIGNATURE_REQUESTED:
		verdict_refuse(verdict, "signature", "reboot, and choose \"Enroll MOK\"",
			       "the enrolment of the certificate that signed it waits for the next "
			       "boot");
		break;
	case SIGNATURE_NOT_ENROLLED:
		verdict_refuse(verdict, "signature", enrol,
			       "only trusted modules load, and the certificate that signed it is "
			       "not enrolled");
		break;
	case SIGNATURE_OTHER_KEY:
		verdict_doubt(verdict, "signature",
			      "only trusted modules load, and it is signed with another key than "
			      "the configured key");
		break;
	case SIGNATURE_UNCERTAIN:
		verdict_doubt(verdict, "signature",
			      "the kernel refuses it if it knows the key that signed it and the "
			      "module was altered since, of which the one or the other cannot be "
			      "told here");
		break;
	case SIGNATURE_MISSING:
		verdict_refuse(verdict, "signature", sign,
			       "only trusted modules load, and it is not signed");
		break;
	case SIGNATURE_BROKEN:
		verdict_refuse(verdict, "signature", NEXT_BUILD,
			       "it was altered after it was signed");
		break;
	case SIGNATURE_SENSELESS:
		verdict_refuse(verdict, "damaged", NEXT_BUILD,
			       "what stands in the place of its signature is none");
		break;
	}
}

/* Modules that modprobe loads first. The kernel's own modules are taken to load. */
static void check_dependencies(struct verdict_kernel *kernel, const struct judged_module *module,
			       struct verdict *verdict)
{
	const struct listed_module *listed = modules_dep_find(&kernel->dep, module->path);
	cleanup(strv_free) struct strv paths = {0};
	const char *name;

	strv_split(&paths, listed ? listed->dependencies : "", " ");
	STRV_FOREACH (name, &paths) {
		cleanup(free_string) char *path = facts_path(kernel, name);
		const struct judged_module *other = facts_module(kernel, path);

		if (other->symbols.in_tree)
			continue;
		const struct verdict *theirs = verdict_judge(kernel, path);

		if (theirs->answer == VERDICT_REFUSED)
			verdict_refuse(verdict, "dependency", NULL,
				       "it needs %s, which will not load: %s", name,
				       theirs->reason);
		else if (theirs->answer == VERDICT_UNKNOWN)
			verdict_doubt(verdict, "dependency",
				      "it needs %s, of which that cannot be told: %s", name,
				      theirs->reason);
	}
}

static void check_content(struct verdict_kernel *kernel, const struct judged_module *module,
			  struct verdict *verdict)
{
	if (module->unreadable.code) {
		verdict_refuse(verdict, module->unreadable.code == -ENOENT ? "missing" : "damaged",
			       NEXT_BUILD, "it cannot be read: %s", module->unreadable.message);
		return;
	}
	if (!module->symbols.is_module) {
		verdict_refuse(verdict, "damaged", NEXT_BUILD,
			       "it is no kernel module: it has no section "
			       ".gnu.linkonce.this_module");
		return;
	}
	check_signature(kernel, module, verdict);
	check_vermagic(kernel, module, verdict);
	check_dependencies(kernel, module, verdict);
	judge_imports(kernel, module, verdict);
}

const struct verdict *verdict_judge(struct verdict_kernel *kernel, const char *path)
{
	struct judged_module *module = facts_module(kernel, path);

	/* Before the work, so that circles of dependencies end. */
	if (module->judged)
		return &module->verdict;
	module->judged = true;
	if (kernel->no_dep.code) {
		verdict_doubt(&module->verdict, "no-modules-dep",
			      "depmod has never run for this kernel");
		return &module->verdict;
	}
	check_compression(kernel, module, &module->verdict);
	check_place(kernel, module, &module->verdict);
	check_content(kernel, module, &module->verdict);
	return &module->verdict;
}

/* So many of a kernel's modules are asked for its vermagic: some may have been replaced. */
enum { VERMAGIC_ATTEMPTS = 16 };

static void judged_module_free(void *value)
{
	struct judged_module *module = value;

	free(module->path);
	module_symbols_free(&module->symbols);
	error_clear(&module->unreadable);
	free(module->verdict.reason);
	free(module);
}

static struct judged_module *add_module(struct verdict_kernel *kernel, const char *path)
{
	struct judged_module *module = NEW(struct judged_module);

	module->path = xstrdup(path);
	(void)strmap_set(&kernel->modules, path, module);
	return module;
}

void verdict_prepare(struct verdict_kernel *kernel, const struct strv *paths)
{
	cleanup(strv_free) struct strv unknown = {0};
	const char *path;

	STRV_FOREACH (path, paths)
		if (!strmap_get(&kernel->modules, path) && !strv_contains(&unknown, path))
			strv_add(&unknown, path);
	if (!unknown.count || kernel->no_dep.code)
		return;
	cleanup(free_string) struct module_symbols *symbols = xcalloc(unknown.count,
								      sizeof(*symbols));
	cleanup(free_string) struct error *errors = xcalloc(unknown.count, sizeof(*errors));
	cleanup(free_string) enum signature_verdict *signatures = xcalloc(unknown.count,
									  sizeof(*signatures));

	module_symbols_read_all(&unknown, symbols, errors);
	signature_verdicts_of_files(&kernel->trust, &unknown, signatures);
	for (size_t i = 0; i < unknown.count; i++) {
		struct judged_module *module = add_module(kernel, unknown.items[i]);

		module->symbols = symbols[i];
		module->unreadable = errors[i];
		module->signature = signatures[i];
		module->has_signature = true;
	}
}

struct judged_module *facts_module(struct verdict_kernel *kernel, const char *path)
{
	struct judged_module *module = strmap_get(&kernel->modules, path);

	if (module)
		return module;
	module = add_module(kernel, path);
	(void)module_symbols_read(path, &module->symbols, &module->unreadable);
	return module;
}

char *facts_path(const struct verdict_kernel *kernel, const char *listed)
{
	if (*listed == '/')
		return xstrdup(listed);
	return path_join(kernel->kernel->module_directory, listed, NULL);
}

/* Reads Module.symvers of the headers. Some distributions keep a compressed copy beside the kernel:
 * without headers, that one is read. */
static void read_symvers(const struct settings *settings, struct verdict_kernel *kernel)
{
	const struct kernel *opened = kernel->kernel;
	const char *release = opened->id.release;
	cleanup(free_string) char *headers = path_join(opened->source_directory, "Module.symvers",
						       NULL);

	if (symvers_read(&kernel->symvers, headers, &kernel->no_symvers) == 0)
		return;
	for (int format = COMPRESSION_GZIP; format <= COMPRESSION_ZSTD; format++) {
		const char *suffix = compression_suffix((enum compression)format);
		cleanup(free_string) char *boot = text_format("/boot/symvers-%s%s", release,
							      suffix);
		cleanup(free_string) char *name = text_format("symvers%s", suffix);
		cleanup(free_string) char *beside = path_join(opened->module_directory, name, NULL);
		cleanup(free_string) char *below_root = settings_path(settings, boot);
		const char *path = file_exists(beside) ? beside : below_root;
		cleanup(free_string) char *text = NULL;
		cleanup(error_clear) struct error error = {0};
		size_t length;

		if (ko_read(path, &text, &length, &error) == 0 &&
		    symvers_parse(&kernel->symvers, path, text, length, &error) == 0) {
			error_clear(&kernel->no_symvers);
			return;
		}
	}
}

static void read_vermagic(struct verdict_kernel *kernel)
{
	int attempts = 0;

	for (size_t i = 0; i < kernel->dep.count && !kernel->vermagic; i++) {
		const char *listed = kernel->dep.items[i].path;

		if (!text_starts_with(listed, "kernel/"))
			continue;
		if (attempts++ == VERMAGIC_ATTEMPTS)
			return;
		cleanup(free_string) char *path = facts_path(kernel, listed);
		const struct judged_module *module = facts_module(kernel, path);

		if (module->symbols.in_tree && module->symbols.vermagic)
			kernel->vermagic = xstrdup(module->symbols.vermagic);
	}
}

bool facts_has_modversions(const struct verdict_kernel *kernel)
{
	if (kernel->vermagic)
		return strstr(kernel->vermagic, " modversions ") != NULL;
	return kernel_config_is_yes(kernel->kernel, "MODVERSIONS");
}

bool facts_allow_force(const struct verdict_kernel *kernel, struct verdict *verdict)
{
	if (!kernel_config_value(kernel->kernel, "MODULES")) {
		verdict_doubt(verdict, "no-configuration",
			      "the kernel's configuration, which comes with its headers, is not "
			      "there");
		return true;
	}
	return kernel_config_is_yes(kernel->kernel, "MODULE_FORCE_LOAD");
}

struct verdict_kernel *verdict_kernel_open(const struct settings *settings,
					   const struct kernel *kernel,
					   const char *certificate_path, struct reporter *reporter)
{
	struct verdict_kernel *facts = NEW(struct verdict_kernel);

	facts->kernel = kernel;
	signing_trust_read(settings, kernel, certificate_path, reporter, &facts->trust);
	if (modules_dep_read(kernel->module_directory, &facts->dep, &facts->no_dep) == 0) {
		read_vermagic(facts);
		read_symvers(settings, facts);
	}
	return facts;
}

void verdict_kernel_free(struct verdict_kernel *kernel)
{
	if (!kernel)
		return;
	signing_trust_free(&kernel->trust);
	modules_dep_free(&kernel->dep);
	symvers_free(&kernel->symvers);
	error_clear(&kernel->no_dep);
	error_clear(&kernel->no_symvers);
	strmap_free(&kernel->modules, judged_module_free);
	free(kernel->vermagic);
	free(kernel);
}

const struct signing_trust *verdict_kernel_trust(const struct verdict_kernel *kernel)
{
	return &kernel->trust;
}

static void __attribute__((format(printf, 5, 0)))
decide(struct verdict *verdict, enum verdict_answer answer, const char *cause, const char *next,
       const char *format, va_list arguments)
{
	if (verdict->answer >= answer)
		return;
	char *reason = text_vformat(format, arguments);
	size_t length = strlen(reason);

	/* The message of an error ends like a sentence. */
	if (length && reason[length - 1] == '.')
		reason[length - 1] = '\0';
	free(verdict->reason);
	*verdict = (struct verdict){answer, cause, reason, next};
}

void verdict_refuse(struct verdict *verdict, const char *cause, const char *next,
		    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(verdict, VERDICT_REFUSED, cause, next, format, arguments);
	va_end(arguments);
}

void verdict_doubt(struct verdict *verdict, const char *cause, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(verdict, VERDICT_UNKNOWN, cause, NULL, format, arguments);
	va_end(arguments);
}
