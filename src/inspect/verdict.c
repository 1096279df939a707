/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/verdict.h"

#include <errno.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "inspect/verdict_facts.h"
#include "module/ko.h"

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
		verdict_refuse(verdict, "not-listed", "depmod K",
			       "modules.dep does not list it, so that modprobe does not find it");
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
	const char *suffix = compression_suffix(compression_of_name(module->path));

	if (!*suffix || ko_kmod_reads(compression_of_name(module->path)))
		return;
	if (kernel_config_is_yes(kernel->kernel, "MODULE_DECOMPRESS"))
		verdict_doubt(verdict, "compression",
			      "modprobe here cannot read %s files, and the kernel perhaps can",
			      suffix + 1);
	else
		verdict_refuse(verdict, "compression", NEXT_BUILD,
			       "modprobe here cannot read %s files", suffix + 1);
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
			      "the one that is set up");
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

/* What modprobe loads before; the kernel's own modules are taken to load. */
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

	/* Before the work, so that what depends on itself comes to an end. */
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
