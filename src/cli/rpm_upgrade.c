/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rpm_upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

static const char marker_prefix[] = "dkms_rpm_safe_upgrade_lock.";

/* The parent of our parent: our parent is the scriptlet's shell, its parent is rpm. */
static long grandparent(void)
{
	cleanup(free_string) char *path = text_format("/proc/%ld/status", (long)getppid());
	cleanup(fclose_handler) FILE *status = fopen(path, "re");
	char line[256];
	long pid = 1;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "PPid: %ld", &pid) == 1)
			break;
	return pid;
}

static char *marker_text(const struct module_id *id)
{
	return text_format("%s-%s\n", id->name, id->version);
}

int rpm_upgrade_mark(const struct invocation *invocation, struct error *error)
{
	cleanup(free_string) char *text = marker_text(&invocation->id);
	cleanup(free_string) char *path = text_format(
		"%s/%s%ld.XXXXXX", invocation->settings.temporary, marker_prefix, grandparent());
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return error_errno(error, -errno, EXIT_USAGE, "Cannot write %s", path);
	int code = file_write_all(fd, text, strlen(text));

	if (close(fd) < 0 && !code)
		code = -errno;
	return code ? error_errno(error, code, EXIT_USAGE, "Cannot write %s", path) : 0;
}

/* The place is open to everybody: only a regular file of root's counts. */
static bool is_marker(int directory, const char *name, const char *text)
{
	cleanup(close_fd) int fd = openat(directory, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char content[2 * NAME_MAX + 3];
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid())
		return false;
	ssize_t length = read(fd, content, sizeof(content) - 1);

	if (length < 0)
		return false;
	content[length] = '\0';
	return text_equal(content, text);
}

bool rpm_upgrade_calls_off(const struct invocation *invocation)
{
	cleanup(free_string) char *text = marker_text(&invocation->id);
	cleanup(free_string) char *prefix = text_format("%s%ld.", marker_prefix, grandparent());
	cleanup(closedir_handler) DIR *directory = opendir(invocation->settings.temporary);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (!text_starts_with(entry->d_name, prefix) ||
		    !is_marker(dirfd(directory), entry->d_name, text))
			continue;
		(void)unlinkat(dirfd(directory), entry->d_name, 0);
		report(&invocation->ui->reporter, REPORT_LINE,
		       "Removal of %s/%s called off: the same version has just been added by "
		       "the same rpm run (--rpm_safe_upgrade).",
		       invocation->id.name, invocation->id.version);
		return true;
	}
	return false;
}
