/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"

enum { AUTH_MAX = 64 << 10, TEXT_MAX = 16 << 10, PEM_MAX = 1 << 20 };

struct reading {
	const struct place *place;
	const char *path;
	int fd;
};

/* In a worker, so that what is for other registries never is in this memory. */
static int read_auth(void *context, struct answer *answer, struct error *error)
{
	const struct reading *reading = context;
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *user = NULL;
	cleanup(free_string) char *password = NULL;
	size_t length = 0;

	if (file_read_opened(reading->fd, reading->path, AUTH_MAX, &text, &length, error) < 0 ||
	    access_parse(text, length, reading->place, &user, &password, error) < 0)
		return error->code;
	answer_put_text(answer, user);
	answer_put_text(answer, password);
	return 0;
}

static int take_auth(struct answer *answer, struct access *access)
{
	int code = answer_text(answer, &access->user, TEXT_MAX);

	if (!code)
		code = answer_text(answer, &access->password, TEXT_MAX);
	if (answer->bytes.data)
		explicit_bzero(answer->bytes.data, answer->bytes.length);
	return code;
}

static int run_read_auth(struct reading *reading, struct access *access, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "reading registry-auth.json",
		.work = read_auth,
		.context = reading,
		.fds = &reading->fd,
		.fd_count = 1,
	};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_auth(&answer, access) < 0 ? worker_nonsense(&worker, error) : 0;
}

/* NULL: it may be used. */
static const char *why_not(int fd)
{
	struct stat info;

	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return "it is no regular file.";
	if (info.st_uid != geteuid() && info.st_uid != 0)
		return "it belongs to somebody else.";
	if (info.st_mode & 0077)
		return "others may read it. Close it with chmod 600.";
	return NULL;
}

static int load_auth(const struct settings *settings, const struct place *place,
		     struct reporter *reporter, struct access *access, struct error *error)
{
	const char *given = getenv("REGISTRY_AUTH_FILE");
	cleanup(free_string) char *own = settings_path(settings, "/etc/dkms/registry-auth.json");
	const char *path = text_empty(given) ? own : given;
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct reading reading = {.place = place, .path = path, .fd = fd};
	struct error bad = {0};

	if (fd < 0 && errno == ENOENT)
		return 0;
	const char *reason = fd < 0 ? "it is a link, or closed to you." : why_not(fd);

	if (reason) {
		report(reporter, REPORT_WARNING, "%s is not used: %s", path, reason);
		return 0;
	}
	if (run_read_auth(&reading, access, &bad) < 0) {
		if (bad.exit_status > 128)
			return error_move(error, &bad);
		report(reporter, REPORT_WARNING, "%s is not used: %s", path, bad.message);
		error_clear(&bad);
	}
	return 0;
}

static char *load_pem(const char *directory, const char *name, struct reporter *reporter)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	struct error bad = {0};
	char *text = NULL;

	if (file_read(path, PEM_MAX, &text, NULL, &bad) < 0) {
		if (bad.code != -ENOENT)
			report(reporter, REPORT_WARNING, "It is not used: %s", bad.message);
		error_clear(&bad);
	}
	return text;
}

int access_load(const struct settings *settings, const struct place *place,
		struct reporter *reporter, struct access *access, struct error *error)
{
	if (access->is_loaded || place->kind != PLACE_REGISTRY)
		return 0;
	access->is_loaded = true;
	cleanup(free_string) char *all = settings_path(settings, "/etc/dkms/certs.d");
	cleanup(free_string) char *directory = path_join(all, place->host, NULL);

	access->authority = load_pem(directory, "ca.crt", reporter);
	access->certificate = load_pem(directory, "client.cert", reporter);
	access->key = load_pem(directory, "client.key", reporter);
	return load_auth(settings, place, reporter, access, error);
}

static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void access_forget(struct access *access)
{
	forget(&access->user);
	forget(&access->password);
	forget(&access->key);
	forget(&access->token);
	free(access->authority);
	free(access->certificate);
	*access = (struct access){0};
}
