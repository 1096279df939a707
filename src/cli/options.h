/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line as it was written, before anything is looked up. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

struct options {
	struct strv words;   /* what is no option: actions, modules, directories, archives */
	struct strv kernels; /* -k: K or K/A */
	struct strv arches;  /* -a */
	struct strv directives;
	char *module, *module_version; /* -m M[/V], as it stands there; -v V */
	char *conf_file, *kernel_config, *kernel_source_dir, *headers, *template_kernel, *archive,
		*svg, *html, *to, *sign_key, *sign_cert;
	char *output, *package_name, *revision, *maintainer, *license, *homepage, *summary,
		*legacy_postinst, *distribution, *disk, *disk_release, *media, *label, *spec;
	bool coinstallable, initramfs, with_certificate, compatible_names, kabi;
	struct strv remotes; /* --remote */
	char *from;          /* pull: the same, once */
	bool offline, install;
	char *dkms_tree, *source_tree, *install_tree, *root;
	int parallel_jobs; /* as in struct settings; 0: not given */
	int keep_kernels;  /* 0: not given */
	int lock_timeout;  /* seconds; -1: wait for ever */
	bool all, all_kernels, all_modules, force, force_version_override, no_depmod,
		modprobe_on_install, symlink_modules;
	bool binaries_only, source_only, rpm_safe_upgrade;
	bool quiet, verbose, debug, help, version, dry_run, json, lint, fix, anonymize;
	struct strv deprecated; /* accepted options that do nothing any more */
};

/*
 * EXIT_NOT_FOUND (2) for an unknown or ambiguous option, EXIT_USAGE for a bad or missing value.
 * On failure options holds what was read so far; free it in any case.
 */
int options_parse(struct options *options, int argc, char **argv, struct error *error);
/* EXIT_NOT_FOUND for an option that only other actions use; the message names them. */
int options_require_used(const struct options *options, const char *action, struct error *error);
void options_free(struct options *options);

/* "--name VALUE  summary" for every option, for help, completions and their tests. */
struct option_help {
	const char *name;     /* "kernelver" */
	char letter;          /* 'k' or 0 */
	const char *argument; /* "K[/A]" or NULL */
	const char *summary;  /* NULL: not shown (deprecated) */
	const char *actions; /* that use it, set apart by ", "; after "!": that do not; NULL: all */
};
bool option_is_used(const struct option_help *option, const char *action);
const struct option_help *options_help(void); /* ends with a NULL name */
