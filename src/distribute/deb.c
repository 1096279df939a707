/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/deb.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"

static bool is_alphanumeric(char c)
{
	return isascii(c) && isalnum((unsigned char)c);
}

int deb_name(const char *name, char **ret_name, struct error *error)
{
	struct buffer result = {0};

	for (const char *c = name; *c; c++) {
		char letter = *c == '_' ? '-' : (char)tolower((unsigned char)*c);

		if (is_alphanumeric(letter) || (result.length && strchr("+-.", letter)))
			buffer_add_char(&result, letter);
	}
	cleanup(free_string) char *text = buffer_take(&result);

	if (!*text)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "No package can be named after \"%s\": a name needs a letter or a "
				 "digit from ASCII.\n"
				 "Choose a name with --pkgname.",
				 name);
	*ret_name = TAKE(text);
	return 0;
}

static bool is_revision(const char *revision)
{
	if (!*revision)
		return false;
	for (const char *c = revision; *c; c++)
		if (!is_alphanumeric(*c) && !strchr("+.~", *c))
			return false;
	return true;
}

int deb_version(const char *version, const char *revision, char **ret_version, struct error *error)
{
	struct buffer result = {0};

	if (revision && !is_revision(revision))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "\"%s\" cannot be a revision: it may hold letters, digits, '+', "
				 "'.' and '~'.",
				 revision);
	if (!isdigit((unsigned char)*version))
		buffer_add_text(&result, "0+");
	for (const char *c = version; *c; c++)
		if (is_alphanumeric(*c) || strchr("+-.~", *c))
			buffer_add_char(&result, *c);
		else
			buffer_add_char(&result, strchr("_:", *c) ? '.' : '+');
	if (revision || strchr(version, '-'))
		buffer_add_format(&result, "-%s", revision ? revision : "1");
	*ret_version = buffer_take(&result);
	return 0;
}

int deb_architecture(const char *arch, const char **ret_name, struct error *error)
{
	static const struct {
		const char *kernel, *debian;
	} names[] = {
		{"x86_64", "amd64"},    {"aarch64", "arm64"},       {"i386", "i386"},
		{"i486", "i386"},       {"i586", "i386"},           {"i686", "i386"},
		{"armv7l", "armhf"},    {"armv6l", "armhf"},        {"armv8l", "armhf"},
		{"arm", "armhf"},       {"ppc64le", "ppc64el"},     {"s390x", "s390x"},
		{"riscv64", "riscv64"}, {"loongarch64", "loong64"}, {"mips64", "mips64el"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(names[i].kernel, arch)) {
			*ret_name = names[i].debian;
			return 0;
		}
	return error_set(error, -EINVAL, EXIT_NO_ARCH,
			 "Debian has no architecture for %s that dkms knows.", arch);
}

/*
 * $1: the file, $2: the directory. Every dpkg and installer reads gzip, and gzip takes a twentieth
 * of the time of xz. Level 6 takes half the time of level 9, for files that are a hundredth larger.
 * All other files have their time already. dpkg-deb gives the newer files of this script
 * SOURCE_DATE_EPOCH.
 */
static const char build_script[] =
	"umask 022\n"
	"cd \"$2\"\n"
	"find usr/share/doc -name 'changelog*' -exec gzip -9n {} +\n"
	"find . -path ./DEBIAN -prune -o -type f -printf '%P\\0' | LC_ALL=C sort -z |\n"
	"	xargs -0 -r md5sum >DEBIAN/md5sums\n"
	"cd ..\n"
	"dpkg-deb --root-owner-group -Zgzip -z6 --build \"$2\" \"out/$1\"\n";

void deb_release(struct deb *deb)
{
	free(deb->package);
	free(deb->version);
	free(deb->file);
	free(deb->relations);
	free(deb->summary);
	free(deb->text);
	*deb = (struct deb){0};
}

char *deb_maintainer(const struct distribute_request *request)
{
	const char *name = getenv("DEBFULLNAME"), *address = getenv("DEBEMAIL");
	cleanup(error_clear) struct error ignored = {0};

	if (request->options.maintainer)
		return xstrdup(request->options.maintainer);
	if (text_empty(address) || making_require_line("DEBEMAIL", address, &ignored) < 0 ||
	    (name && making_require_line("DEBFULLNAME", name, &ignored) < 0))
		return xstrdup("Unknown <unset@dkms.invalid>");
	if (strchr(address, '<'))
		return xstrdup(address);
	return text_format("%s <%s>", name ? name : "Unknown", address);
}

/* strftime() would use the locale's days and months. */
char *deb_date(time_t time)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	enum { FIRST_YEAR = 1900 };
	struct tm date = {0};

	if (!gmtime_r(&time, &date))
		abort(); /* impossible for an unsigned number of seconds */
	return text_format("%s, %02d %s %d %02d:%02d:%02d +0000", days[date.tm_wday], date.tm_mday,
			   months[date.tm_mon], FIRST_YEAR + date.tm_year, date.tm_hour,
			   date.tm_min, date.tm_sec);
}

char *deb_own_architecture(void)
{
	enum { LINE_MAX_LENGTH = 64 };
	static const char *const argv[] = {"dpkg", "--print-architecture", NULL};
	const struct process process = {.argv = (char *const *)argv, .stderr_fd = -1};
	cleanup(error_clear) struct error ignored = {0};
	char *text = NULL;
	int status = 0;

	if (process_capture(&process, LINE_MAX_LENGTH, &text, NULL, &status, &ignored) < 0 ||
	    status) {
		free(text);
		return xstrdup("all");
	}
	cleanup(free_string) char *line = text;

	return text_trimmed(line);
}

int deb_require_tools(struct error *error)
{
	static const char *const programs[] = {"dpkg-deb", "find",  "gzip", "md5sum",
					       "sort",     "xargs", NULL};

	return workshop_require(programs, error);
}

int deb_add_script(const char *root, const char *name, const char *text, template_value *value,
		   const void *context, struct error *error)
{
	cleanup(free_string) char *path = path_join("DEBIAN", name, NULL);

	return payload_add_filled(root, path, text, value, context, error);
}

char *deb_copyright(const struct making *making, const struct deb *deb)
{
	const struct distribute_request *request = making->request;
	const char *license = making_license(making);
	const struct distribute_options *options = &request->options;

	return text_format(
		"This package was made by dkms %s of the module %s, version %s.\n%s%s%s\n"
		"License: %s\n%s",
		deb->verb, request->id->name, request->id->version,
		options->homepage ? "\nSource: " : "", options->homepage ? options->homepage : "",
		options->homepage ? "\n" : "",
		license ? license : "see the source of the module, which says it, in /usr/src",
		license && strstr(license, "GPL")
			? "\nThe text of version 2 of the GNU General Public License is in\n"
			  "/usr/share/common-licenses/GPL-2.\n"
			: "");
}

char *deb_changelog(const struct making *making, const struct deb *deb)
{
	const struct distribute_request *request = making->request;
	const char *distribution = request->options.distribution;
	cleanup(free_string) char *date = deb_date(making->time);
	cleanup(free_string) char *maintainer = deb_maintainer(request);

	return text_format("%s (%s) %s; urgency=medium\n\n  * Made by dkms %s of %s/%s.\n\n"
			   " -- %s  %s\n",
			   deb->package, deb->version, distribution ? distribution : "unstable",
			   deb->verb, request->id->name, request->id->version, maintainer, date);
}

static int add_documents(const struct making *making, const struct deb *deb, const char *root,
			 struct error *error)
{
	bool native = !strrchr(deb->version, '-');
	cleanup(free_string) char *directory = path_join("usr/share/doc", deb->package, NULL);
	cleanup(free_string) char *copyright = path_join(directory, "copyright", NULL);
	cleanup(free_string) char *changelog = path_join(
		directory, native ? "changelog" : "changelog.Debian", NULL);
	cleanup(free_string) char *rights = deb_copyright(making, deb);
	cleanup(free_string) char *changes = deb_changelog(making, deb);

	if (payload_add_text(root, copyright, rights, 0644, error) < 0)
		return error->code;
	return payload_add_text(root, changelog, changes, 0644, error);
}

static int add_control(const struct making *making, const struct deb *deb, const char *root,
		       size_t size, struct error *error)
{
	const char *homepage = making->request->options.homepage;
	cleanup(free_string) char *maintainer = deb_maintainer(making->request);
	cleanup(free_string) char *control = text_format(
		"Package: %s\n"
		"Version: %s\n"
		"Architecture: %s\n"
		"Maintainer: %s\n"
		"Installed-Size: %zu\n"
		"%s"
		"Section: kernel\n"
		"Priority: optional\n"
		"%s%s%s"
		"Description: %s\n"
		"%s",
		deb->package, deb->version, deb->architecture, maintainer, size, deb->relations,
		homepage ? "Homepage: " : "", homepage ? homepage : "", homepage ? "\n" : "",
		deb->summary, deb->text);

	return payload_add_text(root, "DEBIAN/control", control, 0644, error);
}

int deb_add_metadata(const struct making *making, const struct deb *deb, const char *root,
		     struct error *error)
{
	size_t size = 0, unused = 0;
	cleanup(free_string) char *directory = path_join(root, "DEBIAN", NULL);

	if (add_documents(making, deb, root, error) < 0 ||
	    payload_finish(root, making->time, &size, error) < 0 ||
	    add_control(making, deb, root, size, error) < 0)
		return error->code;
	return payload_finish(directory, making->time, &unused, error);
}

int deb_build(const struct making *making, const struct deb *deb, const char *root,
	      struct error *error)
{
	cleanup(free_string) char *purpose = text_format("creating your deb %s", deb->file);
	const char *const arguments[] = {deb->file, root, NULL};
	const struct workshop_job job = {
		.purpose = purpose,
		.script = build_script,
		.arguments = arguments,
		.time = making->time,
	};

	report(making->request->reporter, REPORT_LINE, "Building binary package...");
	return workshop_run(&making->workshop, &job, error);
}
