/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "kernel/kernel.h"

/* Pairing -k and -a, and their defaults. */

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

/* Debian's names of architectures, and uname's. */
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

/* Drops the empty kernels of a script's variables where kernels are only a filter. */
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

static int take_action(struct invocation *invocation, const struct action *action,
		       struct error *error)
{
	if (invocation->action)
		return error_set(error, -EINVAL, EXIT_BROKEN,
				 "Cannot do more than one action at a time: %s and %s.",
				 invocation->action->name, action->name);
	invocation->action = action;
	return 0;
}

static bool is_source_directory(const char *word)
{
	cleanup(free_string) char *conf = path_join(word, "dkms.conf", NULL);

	return file_is_directory(word) && file_exists_nofollow(conf);
}

/* Returns the version in "M/V", "M//V" or "M/V/". */
static const char *after_slashes(const char *text)
{
	text += strcspn(text, "/");
	return text + strspn(text, "/");
}

/* Something with a slash between more than two names can only be meant as a path. */
static bool looks_like_path(const char *word)
{
	return word[0] == '.' || word[0] == '/' || *after_slashes(after_slashes(word));
}

/* A name may hold dots. But a word with such an ending and no version is a missing file. */
static bool looks_like_archive(const char *word)
{
	static const char *const suffixes[] = {".tar",     ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz",
					       ".tar.zst", ".rpm",    ".zip", "dkms.conf"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (!strchr(word, '/') && text_ends_with(word, suffixes[i]))
			return true;
	return false;
}

/* The fault of a path depends on what the action would have done with it. */
static int refuse_path(const struct invocation *invocation, struct error *error)
{
	const char *path = invocation->useless_path;

	if (!path || (invocation->action->needs & UNKNOWN_IS_NOTHING))
		return 0;
	if (!file_is_directory(path))
		return error_set(error, -ENOENT, EXIT_NOT_FOUND, "There is no such %s: %s",
				 looks_like_archive(path_basename(path)) &&
						 !text_ends_with(path, "dkms.conf")
					 ? "archive"
					 : "source",
				 path);
	if (!(invocation->action->needs & TAKES_SOURCE))
		return error_set(error, -EISDIR, EXIT_NOT_FOUND,
				 "%s is a directory, which is nothing for %s.", path,
				 invocation->action->name);
	return error_set(error, -ENOENT, EXIT_NO_CONF,
			 "The directory %s does not appear to be a module source.\n"
			 "It holds no dkms.conf.",
			 path);
}

/* The first length bytes of given are a part of the module's name. An empty one names nothing. */
static int take_part(char **part, const char *given, size_t length, const char *what,
		     struct error *error)
{
	cleanup(free_string) char *value = xstrndup(given, length);

	if (!*value || text_equal(*part, value))
		return 0;
	if (!*part) {
		*part = TAKE(value);
		return 0;
	}
	return error_set(error, -EINVAL, EXIT_USAGE,
			 "The module's %s is given as both %s and %s. Name it once.", what, *part,
			 value);
}

/* M, M/ or M/V adds to what other words and options name. */
static int take_module(struct module_id *id, const char *word, struct error *error)
{
	const char *version = after_slashes(word);
	size_t length = strlen(version);

	while (length && version[length - 1] == '/')
		length--;
	if (take_part(&id->name, word, strcspn(word, "/"), "name", error) < 0)
		return error->code;
	return take_part(&id->version, version, length, "version", error);
}

/* A further module, unlike a word that completes what is named, or contradicts an option. */
static bool names_another(const struct invocation *invocation, const char *word)
{
	const struct module_id *id = &invocation->id;
	const struct options *options = invocation->options;
	const char *version = after_slashes(word);
	size_t length = strcspn(word, "/");

	if (!length || !id->name)
		return false;
	if (strlen(id->name) != length || strncmp(id->name, word, length) != 0)
		return true;
	return id->version && *version && !text_equal(id->version, version) && !options->module &&
	       !options->module_version;
}

static int take_word(struct invocation *invocation, const char *word, struct error *error)
{
	const struct action *action = action_find(word);

	if (invocation->action && (invocation->action->needs & TAKES_PART) && !invocation->part) {
		invocation->part = word;
		return 0;
	}
	if (action)
		return take_action(invocation, action, error);
	if (text_equal(path_basename(word), "dkms.conf") && file_exists(word)) {
		free(invocation->source_directory);
		invocation->source_directory = path_parent(word);
		return 0;
	}
	if (is_source_directory(word)) {
		text_assign(&invocation->source_directory, word);
		return 0;
	}
	if (file_is_regular(word)) {
		text_assign(&invocation->archive, word);
		return 0;
	}
	if (looks_like_path(word) || looks_like_archive(word)) {
		invocation->useless_path = word;
		return 0;
	}
	/* Without an action before it, a plain word is most likely a mistyped one. */
	if (!invocation->action && !strchr(word, '/') && !invocation->unknown_word)
		invocation->unknown_word = word;
	if (!names_another(invocation, word))
		return take_module(&invocation->id, word, error);
	strv_add(&invocation->surplus_words, word);
	return 0;
}

/* They were never an error, but somebody may wait for what does not come. */
static void warn_of_surplus_words(const struct invocation *invocation)
{
	const char *word;

	STRV_FOREACH (word, &invocation->surplus_words)
		report(&invocation->ui->reporter, REPORT_WARNING,
		       "Nothing is done about %s: one run of dkms takes one module, here %s.", word,
		       invocation->id.name);
}

static int take_options(struct invocation *invocation, struct error *error)
{
	const struct options *options = invocation->options;
	const char *version = options->module_version ? options->module_version : "";

	if (options->module && take_module(&invocation->id, options->module, error) < 0)
		return error->code;
	return take_part(&invocation->id.version, version, strlen(version), "version", error);
}

int words_resolve(struct invocation *invocation, struct error *error)
{
	const struct options *options = invocation->options;
	const char *word;

	if (take_options(invocation, error) < 0)
		return error->code;
	if (options->archive)
		text_assign(&invocation->archive, options->archive);
	STRV_FOREACH (word, &options->words)
		if (take_word(invocation, word, error) < 0)
			return error->code;
	if (invocation->action) {
		warn_of_surplus_words(invocation);
		return refuse_path(invocation, error);
	}
	if (invocation->unknown_word)
		return action_refuse(invocation->unknown_word, error);
	return error_set(error, -EINVAL, EXIT_NOT_FOUND, "No action given.");
}
