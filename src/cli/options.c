/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

enum option_kind { FLAG, TEXT, NAME, LIST, JOBS, SECONDS, COUNT, DEPRECATED };

struct option_row {
	struct option_help help;
	size_t member; /* offset in struct options */
	enum option_kind kind;
	bool is_refused; /* to other actions; otherwise they pass it over, as dkms 3 does */
};

#define ROW(name, letter, argument, kind, member, summary) \
	ROW_FOR(name, letter, argument, kind, member, summary, NULL)
#define ROW_FOR(name, letter, argument, kind, member, summary, actions)                       \
	{                                                                                     \
		{name, letter, argument, summary, actions}, offsetof(struct options, member), \
			kind, false                                                           \
	}
#define ROW_OF(name, letter, argument, kind, member, summary, actions)                        \
	{                                                                                     \
		{name, letter, argument, summary, actions}, offsetof(struct options, member), \
			kind, true                                                            \
	}

/* The actions that make packages of other systems. */
#define PACKAGES        "mkdeb, mkbmdeb, mkdsc, mkrpm, mkkmp, mkdriverdisk"
#define MODULE_PACKAGES "mkbmdeb, mkrpm, mkdriverdisk"
/* Actions that take options of dkms 3. "!" stands before actions that do not. */
#define NAMES_NOTHING "!timeline, cache, generate_mok, sign-status, kernel_preinst, kernel_prerm"
#define NO_KERNEL     "!timeline, cache, mkdeb, mkdsc"
#define INSTALLS      "install, match, autoinstall, kernel_postinst"
#define BUILDS        "build, " INSTALLS
#define PULLS         BUILDS ", pull"
#define REMOVES       "uninstall, unbuild, remove, kernel_preinst, kernel_prerm"
#define PLANS         "add, " PULLS ", " REMOVES ", sign, ldtarball, check"

static const struct option_row rows[] = {
	ROW_FOR("module", 'm', "M[/V]", NAME, module, "the module, or module and version",
		NAMES_NOTHING),
	ROW_FOR("module-version", 'v', "V", NAME, module_version, "the module's version",
		NAMES_NOTHING),
	ROW_FOR("kernelver", 'k', "K[/A]", LIST, kernels, "a kernel release; may be repeated",
		NO_KERNEL),
	ROW_FOR("arch", 'a', "A", LIST, arches, "the kernel's architecture; may be repeated",
		NO_KERNEL),
	ROW_FOR("conf", 'c', "FILE", TEXT, conf_file, "a dkms.conf to use instead of the source's",
		"add, conf, " PULLS ", preflight"),
	ROW_FOR("all", 0, NULL, FLAG, all, "every kernel that the module is built for",
		"uninstall, unbuild, remove, status, check, mktarball, mkdeb, mkbmdeb, mkdsc, "
		"mkdriverdisk, mkrpm, sign, push"),
	ROW_OF("all-modules", 0, NULL, FLAG, all_modules, "sign: every module that is built",
	       "sign"),
	ROW_FOR("all-kernels", 0, NULL, FLAG, all_kernels,
		"autoinstall: every kernel that has headers", "autoinstall"),
	ROW_FOR("force", 0, NULL, FLAG, force, "do it again, or in spite of a check",
		PLANS ", mktarball"),
	ROW_FOR("force-version-override", 0, NULL, FLAG, force_version_override,
		"whatever version the kernel has itself", INSTALLS ", pull"),
	ROW_FOR("dry-run", 'n', NULL, FLAG, dry_run, "show what would be done and stop",
		PLANS ", push, image, remote"),
	ROW_OF("templatekernel", 0, "K", TEXT, template_kernel, "match: the kernel to take after",
	       "match"),
	ROW_FOR("kernelsourcedir", 0, "DIR", TEXT, kernel_source_dir,
		"where the kernel headers are",
		PULLS ", preflight, conf, sign, sign-status, generate_mok, check"),
	ROW_OF("headers", 0, "DIR", TEXT, headers, "preflight: headers of a kernel to come",
	       "preflight"),
	ROW_FOR("config", 0, "FILE", TEXT, kernel_config, "the kernel configuration to go by",
		PULLS ", preflight, conf, sign, sign-status, generate_mok, check"),
	ROW_FOR("directive", 0, "NAME=VALUE", LIST, directives,
		"a directive that wins over every file", "add, conf, " PULLS ", preflight"),
	ROW_FOR("archive", 0, "FILE", TEXT, archive, "the tarball to make or load",
		"mktarball, ldtarball"),
	ROW_FOR("binaries-only", 0, NULL, FLAG, binaries_only,
		"mktarball, mkrpm: without the source", "mktarball, mkrpm"),
	ROW_FOR("source-only", 0, NULL, FLAG, source_only, "mktarball: without built modules",
		"mktarball"),
	ROW_OF("output", 0, "DIR", TEXT, output, "packages: where the files go", PACKAGES),
	ROW_OF("revision", 0, "R", TEXT, revision, "packages: the package's revision", PACKAGES),
	ROW_OF("pkgname", 0, "NAME", TEXT, package_name, "packages: the package's name", PACKAGES),
	ROW_OF("maintainer", 0, "\"NAME <ADDRESS>\"", TEXT, maintainer,
	       "packages: who answers for the package", PACKAGES),
	ROW_OF("license", 0, "TEXT", TEXT, license, "packages: the module's license", PACKAGES),
	ROW_OF("homepage", 0, "URL", TEXT, homepage, "packages: where the module comes from",
	       PACKAGES),
	ROW_OF("summary", 0, "TEXT", TEXT, summary, "packages: the package in a line", PACKAGES),
	ROW_OF("legacy-postinst", 0, "0|1", TEXT, legacy_postinst,
	       "mkdeb: a template gets common.postinst", PACKAGES),
	ROW_OF("distribution", 0, "NAME", TEXT, distribution, "debs: what the changelog names",
	       "mkdeb, mkbmdeb, mkdsc"),
	ROW_OF("distro", 'd', "rhel|suse|debian|ubuntu", TEXT, disk, "mkdriverdisk: the system",
	       "mkdriverdisk"),
	ROW_OF("release", 'r', "NAME", TEXT, disk_release, "mkdriverdisk: the system's release",
	       "mkdriverdisk"),
	ROW_OF("media", 0, "iso|tar", TEXT, media, "mkdriverdisk: the kind of image",
	       "mkdriverdisk"),
	ROW_OF("label", 0, "NAME", TEXT, label, "mkdriverdisk: the disk's name (OEMDRV)",
	       "mkdriverdisk"),
	ROW_OF("spec", 0, "FILE", TEXT, spec, "mkkmp: a spec in the source", "mkkmp"),
	ROW_OF("with-cert", 0, NULL, FLAG, with_certificate,
	       "packages of modules: bring the certificate", MODULE_PACKAGES),
	ROW_OF("compat-names", 0, NULL, FLAG, compatible_names,
	       "mkdeb, mkrpm: files called as by dkms 2", "mkdeb, mkrpm"),
	ROW_OF("kabi", 0, NULL, FLAG, kabi, "mkrpm: bound to symbols, for weak-modules", "mkrpm"),
	ROW_OF("coinstallable", 0, NULL, FLAG, coinstallable,
	       "mkbmdeb: no conflict with the source's deb", "mkbmdeb"),
	ROW_OF("initramfs", 0, NULL, FLAG, initramfs, "mkbmdeb: refresh the initramfs", "mkbmdeb"),
	ROW_OF("remote", 0, "REF", LIST, remotes, "where others' builds are; may be repeated",
	       PULLS ", remote"),
	ROW_OF("offline", 0, NULL, FLAG, offline, "ask no remote, only the cache", PULLS),
	ROW_OF("from", 0, "REF", TEXT, from, "pull: the remote to ask", "pull"),
	ROW_OF("install", 0, NULL, FLAG, install, "pull: install what came", "pull"),
	ROW("dkmstree", 0, "DIR", TEXT, dkms_tree, "the tree (/var/lib/dkms)"),
	ROW("sourcetree", 0, "DIR", TEXT, source_tree, "where sources are (/usr/src)"),
	ROW("installtree", 0, "DIR", TEXT, install_tree,
	    "where kernel directories are (/lib/modules)"),
	ROW("root", 0, "DIR", TEXT, root, "take all system files from below DIR"),
	ROW_FOR("symlink-modules", 0, NULL, FLAG, symlink_modules,
		"link modules instead of copying", INSTALLS ", sign"),
	ROW_FOR("no-depmod", 0, NULL, FLAG, no_depmod, "do not run depmod",
		INSTALLS ", sign, " REMOVES),
	ROW_FOR("modprobe-on-install", 0, NULL, FLAG, modprobe_on_install,
		"load what was installed, if K is running", INSTALLS),
	ROW_FOR("rpm_safe_upgrade", 0, NULL, FLAG, rpm_safe_upgrade,
		"for scriptlets of rpm packages", "add, build, install, remove"),
	ROW_FOR("jobs", 'j', "N", JOBS, parallel_jobs, "compilers at once; 0: no limit",
		BUILDS ", preflight, check"),
	ROW_FOR("lock-timeout", 0, "SECONDS", SECONDS, lock_timeout,
		"wait so long for another dkms; 0: not at all", PLANS),
	ROW("json", 0, NULL, FLAG, json, "for programs: an object, or a line per event"),
	ROW_OF("svg", 0, "FILE", TEXT, svg, "timeline, graph: draw it into FILE",
	       "timeline, graph"),
	ROW_OF("to", 0, "PLACE", TEXT, to, "push, image: a registry, or dir:PATH", "push, image"),
	ROW_OF("sign-key", 0, "FILE", TEXT, sign_key, "push: the publisher's key", "push"),
	ROW_OF("sign-cert", 0, "FILE", TEXT, sign_cert, "push: its certificate", "push"),
	ROW_OF("keep-kernels", 0, "N", COUNT, keep_kernels, "remote prune: so many stay", "remote"),
	ROW_OF("html", 0, "FILE", TEXT, html, "report: write a page", "report"),
	ROW_OF("anonymize", 0, NULL, FLAG, anonymize, "report: leave out names of people and host",
	       "report"),
	ROW_OF("fix", 0, NULL, FLAG, fix, "check: repair without losing anything", "check"),
	ROW_OF("lint", 0, NULL, FLAG, lint, "conf: what is wrong, framework.conf included", "conf"),
	ROW("quiet", 'q', NULL, FLAG, quiet, "print nothing"),
	ROW("verbose", 0, NULL, FLAG, verbose, "say more"),
	ROW("debug", 0, NULL, FLAG, debug, "say also what is run and read"),
	ROW("version", 'V', NULL, FLAG, version, "print the version of dkms"),
	ROW("help", 'h', NULL, FLAG, help, "print this help"),
	ROW("no-initrd", 0, NULL, DEPRECATED, deprecated, NULL),
	ROW("no-clean-kernel", 0, NULL, DEPRECATED, deprecated, NULL),
	ROW("no-prepare-kernel", 0, NULL, DEPRECATED, deprecated, NULL),
};

#define ROW_COUNT  (sizeof(rows) / sizeof(*rows))
#define LONG_VALUE 256 /* getopt's value of row i is LONG_VALUE + i */

const struct option_help *options_help(void)
{
	static struct option_help list[ROW_COUNT + 1];

	for (size_t i = 0; i < ROW_COUNT; i++)
		list[i] = rows[i].help;
	return list;
}

enum { LARGEST_NUMBER = 1000000 };

static int parse_number(const char *name, const char *text, int *ret_number, struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	long number = 0;

	errno = 0;
	if (digits)
		number = strtol(text, NULL, 10);
	if (errno || !digits || text[digits] || number > LARGEST_NUMBER)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "The option %s needs a number from 0 to %d, not \"%s\".", name,
				 LARGEST_NUMBER, text);
	*ret_number = (int)number;
	return 0;
}

static int apply(struct options *options, const struct option_row *row, const char *value,
		 struct error *error)
{
	void *member = (char *)options + row->member;
	int number = 0;

	switch (row->kind) {
	case FLAG:
		*(bool *)member = true;
		return 0;
	case TEXT:
		text_assign(member, value);
		return 0;
	case LIST:
		strv_add(member, value);
		return 0;
	case DEPRECATED:
		strv_add(member, row->help.name);
		return 0;
	case NAME: /* a script's empty variable names nothing */
		if (*value || !*(char **)member)
			text_assign(member, value);
		return 0;
	case JOBS:
		if (parse_number("-j", value, &number, error) < 0)
			return error->code;
		options->parallel_jobs = number ? number : -1;
		return 0;
	case COUNT:
		return parse_number("--keep-kernels", value, member, error);
	case SECONDS:
		return parse_number("--lock-timeout", value, member, error);
	}
	return 0;
}

static void describe_options(struct option *long_options, struct buffer *letters)
{
	buffer_add_char(letters, ':'); /* tell a missing value from an unknown option */
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_help *help = &rows[i].help;

		long_options[i] = (struct option){help->name,
						  help->argument ? required_argument : no_argument,
						  NULL, LONG_VALUE + (int)i};
		if (help->letter)
			buffer_add_char(letters, help->letter);
		if (help->letter && help->argument)
			buffer_add_char(letters, ':');
	}
	long_options[ROW_COUNT] = (struct option){0};
}

static const struct option_row *find_row(int value)
{
	if (value >= LONG_VALUE)
		return &rows[value - LONG_VALUE];
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].help.letter == value)
			return &rows[i];
	return NULL;
}

/* The long options that begin as it was typed, "--verbose, --version", if they are several. */
static char *candidates_of(const char *typed)
{
	cleanup(strv_free) struct strv names = {0};
	size_t length = strcspn(typed, "=");

	for (size_t i = 0; i < ROW_COUNT && length > 2; i++)
		if (rows[i].help.summary && strncmp(rows[i].help.name, typed + 2, length - 2) == 0)
			strv_add_format(&names, "--%s", rows[i].help.name);
	return names.count > 1 ? strv_join(&names, ", ") : NULL;
}

/* The option as it was typed: getopt keeps only the letter of a short one. */
static int refuse(int value, char **argv, struct error *error)
{
	char letter[] = {'-', (char)optopt, '\0'};
	const char *typed = optopt && optopt < LONG_VALUE ? letter : argv[optind - 1];

	if (value == ':')
		return error_set(error, -EINVAL, EXIT_USAGE, "The option %s needs a value.", typed);
	cleanup(free_string) char *candidates = typed == letter ? NULL : candidates_of(typed);

	if (candidates)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "The option %s is ambiguous. It may stand for %s.", typed,
				 candidates);
	return error_set(error, -EINVAL, EXIT_NOT_FOUND, "Unknown option: %s", typed);
}

static bool is_given(const struct options *options, const struct option_row *row)
{
	const void *member = (const char *)options + row->member;

	if (row->kind == COUNT)
		return *(const int *)member != 0;
	return row->kind == FLAG ? *(const bool *)member : *(char *const *)member != NULL;
}

bool option_is_used(const struct option_help *option, const char *action)
{
	cleanup(strv_free) struct strv words = {0};

	if (!option->actions)
		return true;
	strv_split(&words, option->actions + (*option->actions == '!'), ", ");
	return strv_contains(&words, action) != (*option->actions == '!');
}

int options_require_used(const struct options *options, const char *action, struct error *error)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].is_refused && is_given(options, &rows[i]) &&
		    !option_is_used(&rows[i].help, action))
			return error_set(error, -EINVAL, EXIT_NOT_FOUND,
					 "The action %s does not use --%s. It is an option of %s.",
					 action, rows[i].help.name, rows[i].help.actions);
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
	struct option long_options[ROW_COUNT + 1];
	cleanup(buffer_free) struct buffer letters = {0};
	int value;

	*options = (struct options){.lock_timeout = -1};
	describe_options(long_options, &letters);
	optind = 0; /* start over: tests parse more than one command line */
	opterr = 0;
	/* After an error too: whether to be quiet about it may be said later. */
	while ((value = getopt_long(argc, argv, letters.data, long_options, NULL)) != -1) {
		if (value == '?' || value == ':')
			(void)refuse(value, argv, error);
		else
			(void)apply(options, find_row(value), optarg, error);
	}
	for (int i = optind; i < argc; i++)
		strv_add(&options->words, argv[i]);
	if (error->code)
		return error->code;
	/* "dkms help" is not an action: the next word is its topic. */
	if (options->words.count && text_equal(options->words.items[0], "help"))
		options->help = true;
	return 0;
}

void options_free(struct options *options)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		void *member = (char *)options + rows[i].member;

		if (rows[i].kind == TEXT || rows[i].kind == NAME) {
			free(*(char **)member);
			*(char **)member = NULL;
		} else if (rows[i].kind == LIST || rows[i].kind == DEPRECATED) {
			strv_free(member);
		}
	}
	strv_free(&options->words);
}
