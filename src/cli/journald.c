/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/journald.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* One per kind of job; docs/journal.md lists them. */
static const struct {
	const char *kind, *id;
} kinds[] = {
	{"build", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b01"},
	{"install", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b02"},
	{"uninstall", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b03"},
	{"unbuild", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b04"},
	{"sign", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b05"},
	{"add", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b06"},
	{"forget", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b07"},
	{"depmod", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b08"},
	{"failure", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b09"},
};

static const char *id_of(const struct run_job *job)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_equal(kinds[i].kind, job->kind))
			return kinds[i].id;
	return NULL;
}

/* A field of one line: what follows in the text is not for a line of a journal. */
static void add_field(struct buffer *entry, const char *name, const char *value)
{
	if (!text_empty(value))
		buffer_add_format(entry, "%s=%.*s\n", name, (int)strcspn(value, "\n"), value);
}

static char *entry_of(const struct run *run, const struct run_job *job, const char *id)
{
	bool failed = text_equal(job->outcome, "failed");
	cleanup(free_string) char *what = text_format(
		"%s %s%s%s%s%s: %s", job->kind, job->id.name ? job->id.name : "",
		job->id.version ? "/" : "", job->id.version ? job->id.version : "",
		job->kernel.release ? " for kernel " : "",
		job->kernel.release ? job->kernel.release : "",
		failed && job->message ? job->message : job->outcome);
	struct buffer entry = {0};

	add_field(&entry, "MESSAGE", what);
	add_field(&entry, "MESSAGE_ID", id);
	add_field(&entry, "PRIORITY", failed ? "3" : "6");
	add_field(&entry, "SYSLOG_IDENTIFIER", "dkms");
	add_field(&entry, "MODULE", job->id.name);
	add_field(&entry, "MODULE_VERSION", job->id.version);
	add_field(&entry, "KERNEL", job->kernel.release);
	add_field(&entry, "ARCH", job->kernel.arch);
	add_field(&entry, "JOB", job->kind);
	add_field(&entry, "ACTION", run->action);
	add_field(&entry, "OUTCOME", job->outcome);
	buffer_add_format(&entry, "EXIT_STATUS=%d\n", job->exit_status);
	return buffer_take(&entry);
}

void journald_send(const struct settings *settings, const struct run *run)
{
	cleanup(free_string) char *path = settings_path(settings, "/run/systemd/journal/socket");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !text_put(address.sun_path, sizeof(address.sun_path), path, NULL))
		return;
	for (size_t i = 0; i < run->count; i++) {
		const struct run_job *job = &run->jobs[i];
		const char *id = id_of(job);
		cleanup(free_string) char *entry = id && job->begun >= 0 ? entry_of(run, job, id)
									 : NULL;

		if (entry && sendto(fd, entry, strlen(entry), MSG_NOSIGNAL,
				    (const struct sockaddr *)&address, sizeof(address)) < 0)
			return;
	}
}
