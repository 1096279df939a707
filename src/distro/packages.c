/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which package brings a program or a library's header file that builds commonly need, and which a
 * kernel's headers.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/text.h"
#include "distro/distro.h"
#include "distro/family.h"

static const char *const install_commands[PACKAGE_MANAGERS] = {
	[PACKAGES_APT] = "apt-get install",   [PACKAGES_DNF] = "dnf install",
	[PACKAGES_ZYPPER] = "zypper install", [PACKAGES_PACMAN] = "pacman -S",
	[PACKAGES_APK] = "apk add",           [PACKAGES_XBPS] = "xbps-install",
	[PACKAGES_EMERGE] = "emerge",
};

/* The package is named like the missing thing. */
static const char same_name[] = "";

static const struct package_row {
	const char *brings;  /* words; a word with "*" at its end is the beginning of a name */
	const char *package; /* as most call it; NULL: no common name */
	const char *named[PACKAGE_MANAGERS]; /* where it is called otherwise */
} rows[] = {
	{.brings = "make bc flex bison m4 perl patch git rsync cpio gawk openssl cmake nasm bzip2",
	 .package = same_name},
	{.brings = "zstd unzip curl wget clang gcc iptables", .package = same_name},
	{.brings = "gmake", .package = "make"},
	{.brings = "lex", .package = "flex"},
	{.brings = "yacc", .package = "bison"},
	{.brings = "awk", .package = "gawk"},
	{.brings = "cc", .package = "gcc"},
	{.brings = "c++ g++",
	 .package = "gcc",
	 .named = {[PACKAGES_APT] = "g++",
		   [PACKAGES_DNF] = "gcc-c++",
		   [PACKAGES_ZYPPER] = "gcc-c++",
		   [PACKAGES_APK] = "g++"}},
	{.brings = "gcc-*", .package = "gcc", .named = {[PACKAGES_APT] = same_name}},
	{.brings = "clang-*", .package = "clang", .named = {[PACKAGES_APT] = same_name}},
	{.brings = "clang++", .package = "clang"},
	{.brings = "ld.lld lld", .package = "lld"},
	{.brings = "llvm-*", .package = "llvm"},
	{.brings = "ld ar as nm strip size objcopy objdump readelf ld.bfd", .package = "binutils"},
	{.brings = "pahole",
	 .package = "pahole",
	 .named = {[PACKAGES_DNF] = "dwarves", [PACKAGES_ZYPPER] = "dwarves"}},
	{.brings = "python3",
	 .package = "python3",
	 .named = {[PACKAGES_PACMAN] = "python", [PACKAGES_EMERGE] = "python"}},
	{.brings = "autoconf autoreconf aclocal automake libtool libtoolize",
	 .package = "autoconf automake libtool"},
	{.brings = "pkg-config pkgconf",
	 .package = "pkgconf",
	 .named = {[PACKAGES_APT] = "pkg-config",
		   [PACKAGES_DNF] = "pkgconf-pkg-config",
		   [PACKAGES_ZYPPER] = "pkg-config",
		   [PACKAGES_XBPS] = "pkg-config"}},
	{.brings = "dtc", .package = "dtc", .named = {[PACKAGES_APT] = "device-tree-compiler"}},
	{.brings = "xz unxz lzma",
	 .package = "xz",
	 .named = {[PACKAGES_APT] = "xz-utils", [PACKAGES_EMERGE] = "xz-utils"}},
	{.brings = "modprobe modinfo depmod lsmod insmod", .package = "kmod"},
	{.brings = "libelf.h gelf.h",
	 .package = NULL,
	 .named = {[PACKAGES_APT] = "libelf-dev",
		   [PACKAGES_DNF] = "elfutils-libelf-devel",
		   [PACKAGES_ZYPPER] = "libelf-devel",
		   [PACKAGES_PACMAN] = "libelf",
		   [PACKAGES_APK] = "elfutils-dev",
		   [PACKAGES_XBPS] = "elfutils-devel",
		   [PACKAGES_EMERGE] = "elfutils"}},
	{.brings = "openssl/*",
	 .package = "openssl",
	 .named = {[PACKAGES_APT] = "libssl-dev",
		   [PACKAGES_DNF] = "openssl-devel",
		   [PACKAGES_ZYPPER] = "libopenssl-devel",
		   [PACKAGES_APK] = "openssl-dev",
		   [PACKAGES_XBPS] = "openssl-devel"}},
	{.brings = "stdio.h stdlib.h string.h",
	 .package = "glibc",
	 .named = {[PACKAGES_APT] = "libc6-dev",
		   [PACKAGES_DNF] = "glibc-devel",
		   [PACKAGES_ZYPPER] = "glibc-devel",
		   [PACKAGES_APK] = "musl-dev",
		   [PACKAGES_XBPS] = "glibc-devel"}},
};

static bool is_brought(const char *word, size_t length, const char *missing)
{
	bool beginning = word[length - 1] == '*';

	length -= beginning;
	return strncmp(word, missing, length) == 0 && (beginning || !missing[length]);
}

static bool brings(const struct package_row *row, const char *missing)
{
	for (const char *word = row->brings; *word;) {
		size_t length = strcspn(word, " ");

		if (is_brought(word, length, missing))
			return true;
		word += length;
		word += strspn(word, " ");
	}
	return false;
}

static const char *package_name(const struct package_row *row, enum package_manager manager,
				const char *missing)
{
	const char *name = row->named[manager] ? row->named[manager] : row->package;

	return name == same_name ? missing : name;
}

char *distro_install_command(const struct distro *distro, const char *missing)
{
	enum package_manager manager = distro->family->packages;

	for (size_t i = 0; manager && i < sizeof(rows) / sizeof(*rows); i++) {
		const char *name = package_name(&rows[i], manager, missing);

		if (brings(&rows[i], missing))
			return name ? text_format("%s %s", install_commands[manager], name) : NULL;
	}
	return NULL;
}

/* Questions to the rpm database. */

/*
 * Asks rpm for the packages that own path. The answer is owned by the caller; NULL if there is
 * none, or no rpm.
 */
static char *query_owners(const char *path, const char *format)
{
	char *const argv[] = {(char *)"rpm",  (char *)"-qf", (char *)"--queryformat",
			      (char *)format, (char *)path,  NULL};
	struct process process = {.argv = argv, .stderr_fd = -1};
	cleanup(free_string) char *output = NULL;
	cleanup(error_clear) struct error ignored = {0};
	int status;

	if (process_capture(&process, 64UL << 10, &output, NULL, &status, &ignored) < 0)
		return NULL;
	return status == 0 ? TAKE(output) : NULL;
}

/* A directory may have several owners; those for every architecture say nothing. */
static char *first_architecture(const char *owners)
{
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, owners, "\n");
	STRV_FOREACH (line, &lines)
		if (path_is_plain_name(line) && !text_equal(line, "noarch") && *line != '(')
			return xstrdup(line);
	return NULL;
}

char *distro_kernel_arch(const struct settings *settings, const struct distro *distro,
			 const char *kernel_release)
{
	struct utsname names;

	if (distro->family->rpm) {
		cleanup(free_string) char *directory = path_join(settings->install_tree,
								 kernel_release, NULL);
		cleanup(free_string) char *owners = query_owners(directory, "%{ARCH}\\n");
		char *arch = owners ? first_architecture(owners) : NULL;

		if (arch)
			return arch;
	}
	(void)uname(&names);
	return xstrdup(names.machine);
}

bool distro_owns_directory(const struct distro *distro, const char *path)
{
	if (!distro->family->rpm)
		return false;
	cleanup(free_string) char *owners = query_owners(path, "%{NAME}\\n");

	return owners;
}

/* Whether a package of the system brought a file: dpkg's lists, which are plain text. */

#define LIST_LIMIT ((size_t)64 << 20) /* bytes */

/* "/lib/…" and "/usr/lib/…" are one on a merged system. */
static const char *without_usr(const char *path)
{
	return text_starts_with(path, "/usr/lib/") ? path + strlen("/usr") : path;
}

static bool list_has(const char *text, const char *path)
{
	size_t wanted = strlen(path);

	for (const char *found = text; (found = strstr(found, path)); found += wanted) {
		const char *start = found;

		while (start > text && start[-1] != '\n')
			start--;
		if ((found[wanted] == '\n' || !found[wanted]) &&
		    (start == found || strncmp(start, "/usr", strlen("/usr")) == 0) &&
		    (size_t)(found - start) <= strlen("/usr"))
			return true;
	}
	return false;
}

static bool dpkg_owns(const struct settings *settings, const char *path)
{
	cleanup(free_string) char *lists = settings_path(settings, "/var/lib/dpkg/info");
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *name;
	bool owns = false;

	(void)directory_list(lists, &names, &unreadable);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *file = path_join(lists, name, NULL);
		cleanup(free_string) char *text = NULL;

		if (owns || !text_ends_with(name, ".list") ||
		    file_read(file, LIST_LIMIT, &text, NULL, &unreadable) < 0)
			continue;
		owns = list_has(text, path);
	}
	return owns;
}

bool distro_owns_file(const struct settings *settings, const struct distro *distro,
		      const char *path)
{
	if (distro->family->rpm)
		return distro_owns_directory(distro, path);
	if (!text_starts_with(path, settings->root))
		return false;
	return dpkg_owns(settings, without_usr(path + strlen(settings->root)));
}

/*
 * How to get a kernel's headers. The families' commands hold fields:
 *
 *	{release}	K: 6.1.0-56-amd64
 *	{flavour}	what follows the last "-" of K: lts of 6.12.31-0-lts
 *	{series}	its first two numbers: 6.12 of 6.12.31_1
 *	{pkgbase}	the kernel's package, which Arch writes to <install tree>/K/pkgbase
 */

static char *release_of(const struct settings *settings, const char *release)
{
	(void)settings;
	return xstrdup(release);
}

static char *flavour_of(const struct settings *settings, const char *release)
{
	const char *dash = strrchr(release, '-');

	(void)settings;
	return dash && dash[1] ? xstrdup(dash + 1) : NULL;
}

static char *series_of(const struct settings *settings, const char *release)
{
	static const char digits[] = "0123456789";
	size_t major = strspn(release, digits);

	(void)settings;
	if (!major || release[major] != '.')
		return NULL;
	size_t minor = strspn(release + major + 1, digits);

	return minor ? xstrndup(release, major + 1 + minor) : NULL;
}

static char *pkgbase_of(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *path = path_join(settings->install_tree, release, "pkgbase",
						    NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, 4096);

	if (!text)
		return NULL;
	cleanup(free_string) char *name = text_trimmed(text);

	return path_is_plain_name(name) ? TAKE(name) : NULL;
}

static const struct {
	const char *name;
	char *(*value)(const struct settings *settings, const char *release);
} fields[] = {
	{"release", release_of},
	{"flavour", flavour_of},
	{"series", series_of},
	{"pkgbase", pkgbase_of},
};

struct wanted {
	const struct settings *settings;
	const char *release;
};

static char *value_of(const void *context, const char *field)
{
	const struct wanted *wanted = context;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (text_equal(fields[i].name, field))
			return fields[i].value(wanted->settings, wanted->release);
	return NULL;
}

char *distro_headers_command(const struct settings *settings, const struct distro *distro,
			     const char *kernel_release)
{
	const struct wanted wanted = {settings, kernel_release};
	const char *command = distro->family->headers_command;

	return command ? template_fill(command, value_of, &wanted) : NULL;
}
