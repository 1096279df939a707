/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/kernels.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "kernel/running.h"

/* An option that stands for every kernel, where it is given; need is the actions' leave for it. */
static int check_every(const struct invocation *invocation, bool given, const char *option,
		       unsigned need, struct error *error)
{
	const struct options *options = invocation->options;

	if (!given)
		return 0;
	if (options->kernels.count)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "%s means every kernel: do not name one with -k as well.", option);
	if (options->arches.count)
		return error_set(error, -EINVAL, EXIT_TREE,
				 "%s means every kernel and architecture: do not name one with "
				 "-a as well.",
				 option);
	/* The hooks of kernel packages take exactly one kernel, and say so as for several -k. */
	bool one = (invocation->action->needs & SPELLS_KERNEL) && need == ALLOWS_ALL;

	if (!(invocation->action->needs & need))
		return error_set(error, -EINVAL, one ? EXIT_BROKEN : EXIT_PATCH_MISSING,
				 "The action %s does not know %s: name the kernels with -k.",
				 invocation->action->name, option);
	return 0;
}

/* What uname calls an architecture that Debian has another name for. */
static const struct {
	const char *debian, *kernel;
} debian_arches[] = {
	{"amd64", "x86_64"},    {"x32", "x86_64"},      {"i386", "i686"},
	{"arm64", "aarch64"},   {"armhf", "armv7l"},    {"armel", "armv5tel"},
	{"ppc64el", "ppc64le"}, {"powerpc", "ppc"},     {"loong64", "loongarch64"},
	{"mipsel", "mips"},     {"mips64el", "mips64"}, {"hppa", "parisc"},
	{"sh4", "sh4a"},
};

static const char *kernel_arch_name(const char *arch)
{
	for (size_t i = 0; i < sizeof(debian_arches) / sizeof(*debian_arches); i++)
		if (text_equal(arch, debian_arches[i].debian))
			return debian_arches[i].kernel;
	return arch;
}

/* -a, in the words of the kernel from here on. */
static void translate_arches(struct strv *arches)
{
	for (size_t i = 0; i < arches->count; i++)
		text_assign(&arches->items[i], kernel_arch_name(arches->items[i]));
}

static int require_plain(const char *what, const char *name, struct error *error)
{
	if (!*name)
		return error_set(error, -EINVAL, EXIT_EMPTY_KERNEL, "The %s given is empty.", what);
	if (!path_is_plain_name(name))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "\"%s\" cannot be a %s: it may not begin with '.' or '-', nor "
				 "hold '/' or control characters.",
				 name, what);
	return 0;
}

/* K or K/A as it was given, with the architecture that -a says, or the kernel's own. */
static int add_kernel(struct invocation *invocation, const char *given, const char *arch,
		      struct error *error)
{
	const char *slash = strchr(given, '/');
	cleanup(free_string) char *release = slash ? xstrndup(given, (size_t)(slash - given))
						   : xstrdup(given);
	cleanup(free_string) char *own_arch = NULL;

	if (slash)
		arch = kernel_arch_name(slash + 1);
	if (require_plain("kernel release", release, error) < 0)
		return error->code;
	if (!arch)
		arch = own_arch = distro_kernel_arch(&invocation->settings, invocation->distro,
						     release);
	if (!arch)
		return error_set(error, -EINVAL, EXIT_NO_ARCH,
				 "The architecture of kernel %s is unknown: name it with -a.",
				 release);
	if (require_plain("architecture", arch, error) < 0)
		return error->code;
	/* Said twice, it is meant once. */
	if (!kernel_ids_contain(&invocation->kernels, &(struct kernel_id){release, (char *)arch}))
		kernel_ids_add(&invocation->kernels, release, arch);
	return 0;
}

static int add_given(struct invocation *invocation, struct error *error)
{
	const struct strv *kernels = &invocation->options->kernels;
	const struct strv *arches = &invocation->options->arches;

	if (arches->count > 1 && arches->count != kernels->count)
		return error_set(
			error, -EINVAL, EXIT_USAGE,
			"%zu architectures do not fit %zu kernels: give one -a for all, or "
			"one for each -k.",
			arches->count, kernels->count);
	for (size_t i = 0; i < kernels->count; i++) {
		const char *arch = arches->count == 1 ? arches->items[0]
				   : arches->count    ? arches->items[i]
						      : NULL;

		if (add_kernel(invocation, kernels->items[i], arch, error) < 0)
			return error->code;
	}
	return 0;
}

/* --all-kernels */
static int add_all_with_headers(struct invocation *invocation, struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	if (kernel_list_with_headers(&invocation->settings, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases)
		if (add_kernel(invocation, release, NULL, error) < 0)
			return error->code;
	kernel_ids_sort(&invocation->kernels);
	return 0;
}

/* Where kernels only choose from what is there, a script's empty variable chooses nothing. */
static void drop_empty_filters(const struct invocation *invocation)
{
	if (invocation->action->needs & (DEFAULTS_KERNEL | SPELLS_KERNEL))
		return;
	strv_remove(&invocation->options->kernels, "");
	strv_remove(&invocation->options->arches, "");
}

int kernels_resolve(struct invocation *invocation, struct error *error)
{
	unsigned needs = invocation->action->needs;
	const struct options *options = invocation->options;

	drop_empty_filters(invocation);
	translate_arches(&invocation->options->arches);
	if (check_every(invocation, options->all, "--all", ALLOWS_ALL, error) < 0 ||
	    check_every(invocation, options->all_kernels, "--all-kernels", ALLOWS_KERNELS, error) <
		    0)
		return error->code;
	if (!options->kernels.count && (needs & SPELLS_KERNEL))
		return error_set(error, -EINVAL, EXIT_BROKEN, "The action %s needs a kernel: -k K",
				 invocation->action->name);
	if ((needs & ONE_KERNEL) && options->kernels.count > 1)
		return error_set(error, -EINVAL, EXIT_BROKEN,
				 "The action %s is for exactly one kernel, not %zu.",
				 invocation->action->name, options->kernels.count);
	if (options->kernels.count)
		return add_given(invocation, error);
	if (options->all_kernels)
		return add_all_with_headers(invocation, error);
	if (!(needs & DEFAULTS_KERNEL) || options->all)
		return 0;
	if (options->arches.count > 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "Several architectures need a kernel each: -k K -a A");
	cleanup(free_string) char *running = kernel_running_release();

	return add_kernel(invocation, running,
			  options->arches.count ? options->arches.items[0] : NULL, error);
}
