/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/access_json.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"

enum { AUTH_MAX = 64 << 10, TEXT_MAX = 16 << 10, PEM_MAX = 1 << 20, VALUE_MAX = 4096 };

struct reading {
	const struct place *place;
	const char *path;
	int fd;
};

/* In a worker, so that credentials for other registries never are in this memory. */
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

/* "https://index.docker.io/v1/" is the host alone. */
static char *plain_key(const char *key)
{
	const char *scheme = strstr(key, "://");
	const char *start = scheme ? scheme + strlen("://") : key;
	size_t length = strlen(start);

	while (length && start[length - 1] == '/')
		length--;
	return xstrndup(start, scheme ? strcspn(start, "/") : length);
}

/* How well a key fits: its length, 0: not at all. "host/prefix" fits better than "host". */
static size_t fit(const char *key, const struct place *place)
{
	cleanup(free_string) char *plain = plain_key(key);
	cleanup(free_string) char *whole = text_format("%s/%s", place->host, place->prefix);
	size_t length = strlen(plain);

	if (strncmp(plain, whole, length) != 0 || (whole[length] && whole[length] != '/'))
		return 0;
	return length;
}

static int value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* NULL for what is no base64. */
static char *decoded(const char *text)
{
	cleanup(buffer_free) struct buffer plain = {0};
	unsigned int bits = 0, count = 0;

	for (; *text && *text != '='; text++) {
		int value = value_of(*text);

		if (value < 0)
			return NULL;
		bits = (bits << 6 | (unsigned int)value) & 0xffffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			buffer_add_char(&plain, (char)(bits >> count & 0xff));
		}
	}
	return strspn(text, "=") == strlen(text) ? buffer_take(&plain) : NULL;
}

static bool is_clean(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return text;
}

static int take_entry(struct json_object *entry, char **ret_user, char **ret_password,
		      struct error *error)
{
	const char *user = json_member_text(entry, "username", TEXT_MAX);
	const char *password = json_member_text(entry, "password", TEXT_MAX);
	const char *auth = json_member_text(entry, "auth", TEXT_MAX);
	cleanup(free_string) char *both = auth ? decoded(auth) : NULL;
	char *colon = both ? strchr(both, ':') : NULL;

	if (colon) {
		*colon = '\0';
		user = both;
		password = colon + 1;
	}
	if (!is_clean(user) || !is_clean(password))
		return error_set(
			error, -EINVAL, 0,
			"the entry has neither a good \"auth\" nor username and password.");
	*ret_user = xstrdup(user);
	*ret_password = xstrdup(password);
	return 0;
}

int access_parse(const char *text, size_t length, const struct place *place, char **ret_user,
		 char **ret_password, struct error *error)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length, AUTH_MAX);
	struct json_object *auths = NULL, *found = NULL;
	size_t best = 0;

	*ret_user = *ret_password = NULL;
	if (!root)
		return error_set(error, -EINVAL, 0, "it is no JSON.");
	if (!json_object_object_get_ex(root, "auths", &auths) ||
	    !json_object_is_type(auths, json_type_object))
		return 0;
	json_object_object_foreach(auths, key, entry)
	{
		size_t length_of_fit = fit(key, place);

		if (length_of_fit > best) {
			best = length_of_fit;
			found = entry;
		}
	}
	return found ? take_entry(found, ret_user, ret_password, error) : 0;
}

void challenge_free(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	*challenge = (struct challenge){0};
}

/* A quoted or plain value; *text moves behind it. NULL: too long, or with controls. */
static char *take_value(const char **text)
{
	struct buffer value = {0};
	bool is_quoted = **text == '"';
	const char *at = *text + is_quoted;

	for (; *at && (is_quoted ? *at != '"' : *at != ',' && *at != ' '); at++) {
		if (*at == '\\' && at[1])
			at++;
		buffer_add_char(&value, *at);
	}
	*text = at + (is_quoted && *at == '"');
	cleanup(free_string) char *taken = buffer_take(&value);

	for (const char *c = taken; *c; c++)
		if (iscntrl((unsigned char)*c))
			return NULL;
	return strlen(taken) <= VALUE_MAX ? TAKE(taken) : NULL;
}

static void keep(struct challenge *challenge, const char *name, size_t length, char *value)
{
	char **target = length == 5 && strncasecmp(name, "realm", length) == 0 ? &challenge->realm
			: length == 7 && strncasecmp(name, "service", length) == 0
				? &challenge->service
			: length == 5 && strncasecmp(name, "scope", length) == 0 ? &challenge->scope
										 : NULL;

	if (!target) {
		free(value);
		return;
	}
	free(*target);
	*target = value;
}

static void parse_values(const char *text, struct challenge *challenge)
{
	for (;;) {
		text += strspn(text, " ,\t");
		size_t length = strcspn(text, "= ,");

		if (!length || text[length] != '=')
			return;
		const char *name = text;

		text += length + 1;
		keep(challenge, name, length, take_value(&text));
	}
}

bool challenge_parse(const char *header, struct challenge *ret_challenge)
{
	*ret_challenge = (struct challenge){0};
	if (strncasecmp(header, "Basic", 5) == 0) {
		ret_challenge->is_basic = true;
		return true;
	}
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return false;
	parse_values(header + 7, ret_challenge);
	return ret_challenge->realm && (text_starts_with(ret_challenge->realm, "https://") ||
					text_starts_with(ret_challenge->realm, "http://"));
}

static void add_escaped(struct buffer *url, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("-._~:/,", *text))
			buffer_add_char(url, *text);
		else
			buffer_add_format(url, "%%%02X", (unsigned char)*text);
}

char *challenge_url(const struct challenge *challenge, const char *scope)
{
	struct buffer url = {0};
	const char *wanted = challenge->scope ? challenge->scope : scope;

	buffer_add_text(&url, challenge->realm);
	buffer_add_text(&url, strchr(challenge->realm, '?') ? "&scope=" : "?scope=");
	add_escaped(&url, wanted);
	if (challenge->service) {
		buffer_add_text(&url, "&service=");
		add_escaped(&url, challenge->service);
	}
	return buffer_take(&url);
}

/* RFC 6750: what a header can carry. */
static bool is_token(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

char *token_parse(const char *text, size_t length)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length,
									    TOKEN_ANSWER_MAX);
	const char *token = root ? json_member_text(root, "token", TOKEN_MAX) : NULL;

	if (root && !token)
		token = json_member_text(root, "access_token", TOKEN_MAX);
	return is_token(token) ? xstrdup(token) : NULL;
}
