/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/names.h"

#include <ctype.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

static bool is_alphanumeric(char c)
{
	return isascii(c) && isalnum((unsigned char)c);
}

int name_debian(const char *name, char **ret_name, struct error *error)
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

int version_debian(const char *version, const char *revision, char **ret_version,
		   struct error *error)
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

int architecture_debian(const char *arch, const char **ret_name, struct error *error)
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

int name_require_line(const char *option, const char *value, struct error *error)
{
	bool blank = true;

	for (const char *c = value ? value : "x"; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return error_set(error, -EINVAL, EXIT_USAGE,
					 "The value of %s must be one line of text.", option);
		blank = blank && *c == ' ';
	}
	if (blank)
		return error_set(error, -EINVAL, EXIT_USAGE, "The value of %s is empty.", option);
	return 0;
}
