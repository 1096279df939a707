/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trust/publishers.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/* VALUE, 'VALUE' or "VALUE"; NULL for a value that needs a shell. */
static char *plain_value(const char *text)
{
	cleanup(free_string) char *value = text_trimmed(text);
	size_t length = strlen(value);
	char quote = *value;

	if (quote == '"' || quote == '\'') {
		if (length < 2 || value[length - 1] != quote)
			return NULL;
		value[length - 1] = '\0';
		memmove(value, value + 1, length - 1);
	}
	return strpbrk(value, "\"'$`\\#;") ? NULL : TAKE(value);
}

static bool set(struct trust_binding *binding, const char *name, const char *value)
{
	if (text_equal(name, "modules")) {
		binding->bound_modules = true;
		strv_split(&binding->modules, value, " \t");
	} else if (text_equal(name, "remotes")) {
		binding->bound_remotes = true;
		strv_split(&binding->remotes, value, " \t");
	} else if (text_equal(name, "revoked") &&
		   (text_equal(value, "yes") || text_equal(value, "no"))) {
		binding->revoked |= text_equal(value, "yes");
	} else {
		return false;
	}
	return true;
}

static bool parse_line(struct trust_binding *binding, const char *line)
{
	const char *equals = strchr(line, '=');

	if (!equals)
		return false;
	cleanup(free_string) char *raw = xstrndup(line, (size_t)(equals - line));
	cleanup(free_string) char *name = text_trimmed(raw);
	cleanup(free_string) char *value = plain_value(equals + 1);

	return value && set(binding, name, value);
}

bool binding_parse(const char *text, struct trust_binding *ret_binding, char **ret_offence)
{
	struct trust_binding binding = {0};
	cleanup(strv_free) struct strv lines = {0};
	const char *item;

	strv_split(&lines, text, "\n");
	STRV_FOREACH (item, &lines) {
		cleanup(free_string) char *line = text_trimmed(item);

		if (!*line || *line == '#' || parse_line(&binding, line))
			continue;
		cleanup(free_string) char *shown = text_printable(line, 60);

		*ret_offence = text_format("\"%s\" is none of modules=, remotes= and revoked= with "
					   "a plain value",
					   shown);
		binding_free(&binding);
		return false;
	}
	*ret_binding = binding;
	return true;
}

void binding_free(struct trust_binding *binding)
{
	strv_free(&binding->modules);
	strv_free(&binding->remotes);
	*binding = (struct trust_binding){0};
}

static bool allows_module(const struct trust_binding *binding, const char *module)
{
	const char *pattern;

	STRV_FOREACH (pattern, &binding->modules)
		if (fnmatch(pattern, module, 0) == 0)
			return true;
	return !binding->bound_modules;
}

/* "https://example/dkms" is the beginning of "https://example/dkms/gpu", not of ".../dkms2". */
static bool allows_remote(const struct trust_binding *binding, const char *remote)
{
	const char *start;

	STRV_FOREACH (start, &binding->remotes) {
		size_t length = strlen(start);

		while (length && start[length - 1] == '/')
			length--;
		if (length && strncmp(remote, start, length) == 0 && strchr("/", remote[length]))
			return true;
	}
	return !binding->bound_remotes;
}

bool binding_allows(const struct trust_binding *binding, const char *module, const char *remote)
{
	return allows_module(binding, module) && allows_remote(binding, remote);
}

enum { FILE_LIMIT = 1 << 20, MOST_FILES = 1000 };

void trust_files_free(struct trust_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].data);
		binding_free(&files->items[i].binding);
	}
	free(files->items);
	*files = (struct trust_files){0};
}

/*
 * Nobody else may write to it. The group's bits also show whether an access control list lets
 * others write. Without root, dkms's own user counts as root.
 */
static bool is_ours_alone(const struct stat *info)
{
	return (info->st_uid == 0 || info->st_uid == geteuid()) &&
	       !(info->st_mode & (S_IWGRP | S_IWOTH));
}

/* Whoever can write to a directory above puts another one into its place. */
static int check_directories(const struct settings *settings, const char *directory,
			     struct error *error)
{
	cleanup(free_string) char *at = xstrdup(directory);
	struct stat info;

	for (;;) {
		if (lstat(at, &info) < 0)
			return error_errno(error, -errno, EXIT_NOT_TRUSTED, "Cannot look at %s",
					   at);
		if (!S_ISDIR(info.st_mode) || !is_ours_alone(&info))
			return error_set(
				error, -EPERM, EXIT_NOT_TRUSTED,
				"No publisher is trusted: %s %s.\n"
				"Let root own it, and nobody else write to it: chown root %s; "
				"chmod go-w %s",
				at,
				S_ISDIR(info.st_mode) ? "can be written to by others"
						      : "is no directory",
				at, at);
		cleanup(free_string) char *parent = path_parent(at);

		if (text_equal(parent, "/") || text_equal(parent, at) ||
		    text_equal(parent, settings->root))
			return 0;
		free(at);
		at = TAKE(parent);
	}
}

static const char *offence_of(const struct stat *info)
{
	if (!S_ISREG(info->st_mode))
		return "is no regular file";
	if (!is_ours_alone(info))
		return "can be written to by others";
	return info->st_size > FILE_LIMIT ? "is larger than a certificate can be" : NULL;
}

/* -ENOENT if it is not there; every other failure has been warned of. */
static int read_file(int parent, const char *name, const char *path, char **ret_data,
		     size_t *ret_length, struct reporter *reporter)
{
	cleanup(close_fd) int fd = openat(parent, name,
					  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct error error = {0};
	struct stat info;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	const char *offence = fd < 0 && errno == ELOOP     ? "is a symbolic link"
			      : fd < 0 || fstat(fd, &info) ? "cannot be read"
							   : offence_of(&info);

	if (offence) {
		report(reporter, REPORT_WARNING, "%s is not used: it %s.", path, offence);
		return -EPERM;
	}
	if (file_read_opened(fd, path, FILE_LIMIT, ret_data, ret_length, &error) < 0) {
		report(reporter, REPORT_WARNING, "%s is not used: %s", path, error.message);
		error_clear(&error);
		return -EPERM;
	}
	return 0;
}

/* False: the bounds of the certificate cannot be used, and so the certificate is not used. */
static bool read_binding(int parent, const char *name, const char *path,
			 struct trust_binding *ret_binding, struct reporter *reporter)
{
	size_t stem = strlen(path) - strlen(name) + (size_t)(strrchr(name, '.') - name);
	cleanup(free_string) char *base = xstrndup(path, stem);
	cleanup(free_string) char *conf = text_format("%s.conf", base);
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *offence = NULL;
	int code = read_file(parent, path_basename(conf), conf, &text, NULL, reporter);

	if (code == -ENOENT)
		return true;
	if (code == 0 && binding_parse(text, ret_binding, &offence))
		return true;
	report(reporter, REPORT_WARNING, "%s is not used, because %s cannot be used%s%s.", path,
	       conf, offence ? ": " : "", offence ? offence : "");
	return false;
}

static void append(struct trust_files *files, struct trust_file *file)
{
	files->items = xreallocarray(files->items, files->count + 1, sizeof(*files->items));
	files->items[files->count++] = *file;
}

static void add_certificate(int parent, struct trust *trust, const char *name,
			    struct reporter *reporter)
{
	struct trust_file file = {.path = path_join(trust->directory, name, NULL)};

	if (read_file(parent, name, file.path, &file.data, &file.length, reporter) == 0 &&
	    read_binding(parent, name, file.path, &file.binding, reporter)) {
		append(&trust->certificates, &file);
		return;
	}
	free(file.path);
	free(file.data);
}

/* An unreadable list may revoke anybody: nobody is trusted then. */
static int add_list(int parent, struct trust *trust, const char *name, struct reporter *reporter,
		    struct error *error)
{
	struct trust_file file = {.path = path_join(trust->directory, name, NULL)};

	if (read_file(parent, name, file.path, &file.data, &file.length, reporter) == 0) {
		append(&trust->lists, &file);
		return 0;
	}
	(void)error_set(error, -EPERM, EXIT_NOT_TRUSTED,
			"No publisher is trusted: the revocation list %s cannot be used.\n"
			"Mend it or take it away.",
			file.path);
	free(file.path);
	return error->code;
}

static bool is_certificate(const char *name)
{
	return text_ends_with(name, ".crt") || text_ends_with(name, ".pem") ||
	       text_ends_with(name, ".der");
}

int publishers_read(const struct settings *settings, struct trust *trust, struct reporter *reporter,
		    struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	trust->directory = settings_path(settings, "/etc/dkms/trusted.d");
	if (!file_exists_nofollow(trust->directory))
		return 0;
	if (check_directories(settings, trust->directory, error) < 0)
		return error->code;
	cleanup(close_fd) int parent = open(trust->directory,
					    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (parent < 0)
		return error_errno(error, -errno, EXIT_NOT_TRUSTED, "Cannot read %s",
				   trust->directory);
	if (directory_list(trust->directory, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		if (trust->certificates.count + trust->lists.count >= MOST_FILES)
			return error_set(error, -EFBIG, EXIT_NOT_TRUSTED,
					 "%s holds too many files.", trust->directory);
		if (is_certificate(name))
			add_certificate(parent, trust, name, reporter);
		else if (text_ends_with(name, ".crl") &&
			 add_list(parent, trust, name, reporter, error) < 0)
			return error->code;
	}
	return 0;
}
