/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/place.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

enum { PLACE_LENGTH_MAX = 1024, REPOSITORY_PART_MAX = 100, REFERENCE_MAX = 128 };

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char hexadecimal[] = "0123456789abcdef";

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*, the grammar of OCI's distribution for one part of a name. */
static bool is_repository_part(const char *text, size_t length)
{
	size_t at = 0;

	for (;;) {
		size_t word = strspn(text + at, lower);

		if (!word || at + word > length)
			return false;
		at += word;
		if (at == length)
			return true;
		if (text[at] == '-')
			at += strspn(text + at, "-");
		else if (text[at] == '_')
			at += text[at + 1] == '_' ? 2 : 1;
		else if (text[at] == '.')
			at++;
		else
			return false;
	}
}

static bool is_prefix(const char *prefix)
{
	while (*prefix) {
		size_t length = strcspn(prefix, "/");

		if (!is_repository_part(prefix, length))
			return false;
		prefix += length;
		if (text_equal(prefix, "/"))
			return false;
		prefix += *prefix == '/';
	}
	return true;
}

bool place_is_digest(const char *text)
{
	return text && strlen(text) == DIGEST_LENGTH && strspn(text, hexadecimal) == DIGEST_LENGTH;
}

bool place_is_reference(const char *text)
{
	if (text_starts_with(text, "sha256:"))
		return place_is_digest(text + strlen("sha256:"));
	size_t length = strlen(text);

	if (!length || length > REFERENCE_MAX || text[0] == '.' || text[0] == '-')
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return true;
}

static int refuse(const char *text, const char *reason, struct error *error)
{
	cleanup(free_string) char *shown = text_printable(text, PLACE_LENGTH_MAX);

	(void)error_set(error, -EINVAL, EXIT_USAGE, "\"%s\" is no place for builds: %s", shown,
			reason);
	return error_hint(error, "Name a registry, https://HOST[:PORT][/PREFIX], or a directory, "
				 "file:///PATH or dir:PATH.");
}

/* True if a host and its port hold allowed characters only, brackets of IPv6 included. */
static bool is_host(const char *host, size_t length)
{
	const char *colon = host[0] == '[' ? memchr(host, ']', length) : host;

	if (!length || !colon)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr(".-:[]", host[i]))
			return false;
	return host[0] != '-' && host[0] != '.' && host[0] != ':';
}

/* A host, perhaps with its port. 127.0.0.1.example is a name that leads anywhere. */
static bool is_loopback(const char *host, size_t length)
{
	size_t end = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	cleanup(free_string) char *name = xstrndup(host, end < length ? end : length);
	struct in_addr address;

	return text_equal(name, "localhost") || text_equal(name, "[::1]") ||
	       (inet_pton(AF_INET, name, &address) == 1 &&
		ntohl(address.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET);
}

bool place_is_loopback_url(const char *url)
{
	static const char scheme[] = "http://";

	if (!text_starts_with(url, scheme))
		return false;
	const char *host = url + strlen(scheme);
	size_t length = strcspn(host, "/?#");

	return !memchr(host, '@', length) && is_loopback(host, length);
}

static int parse_registry(const char *text, const char *scheme, const char *rest,
			  struct place *place, struct error *error)
{
	size_t length = strcspn(rest, "/");
	const char *prefix = rest[length] ? rest + length + 1 : "";

	if (memchr(rest, '@', length))
		return refuse(text,
			      "a password does not belong here, but into "
			      "/etc/dkms/registry-auth.json.",
			      error);
	if (!is_host(rest, length))
		return refuse(text, "this is no name of a host.", error);
	cleanup(free_string) char *trimmed = xstrdup(prefix);
	size_t end = strlen(trimmed);

	if (end && trimmed[end - 1] == '/')
		trimmed[end - 1] = '\0';
	if (!is_prefix(trimmed))
		return refuse(text,
			      "behind the host, registries allow lower-case letters and digits "
			      "with single . _ - and / between.",
			      error);
	place->kind = PLACE_REGISTRY;
	place->host = xstrndup(rest, length);
	place->origin = text_format("%s%s", scheme, place->host);
	place->prefix = TAKE(trimmed);
	place->is_encrypted = text_equal(scheme, "https://");
	place->is_local = is_loopback(place->host, length);
	return 0;
}

static int parse_directory(const char *text, const char *path, struct place *place,
			   struct error *error)
{
	if (!*path)
		return refuse(text, "the path is missing.", error);
	place->kind = PLACE_DIRECTORY;
	place->path = xstrdup(path);
	place->prefix = xstrdup("");
	place->is_encrypted = place->is_local = true;
	return 0;
}

static bool has_controls(const char *text)
{
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return true;
	return false;
}

int place_parse(const char *text, struct place *ret_place, struct error *error)
{
	struct place *place = ret_place;

	*place = (struct place){0};
	if (strlen(text) > PLACE_LENGTH_MAX || has_controls(text))
		return refuse(text, "it is too long, or holds control characters.", error);
	place->text = xstrdup(text);
	if (text_starts_with(text, "file:///"))
		return parse_directory(text, text + strlen("file://"), place, error);
	if (text_starts_with(text, "dir:"))
		return parse_directory(text, text + strlen("dir:"), place, error);
	if (text_starts_with(text, "http://"))
		return parse_registry(text, "http://", text + strlen("http://"), place, error);
	if (text_starts_with(text, "https://"))
		return parse_registry(text, "https://", text + strlen("https://"), place, error);
	if (strstr(text, "://") || *text == '/' || *text == '.' || !strpbrk(text, ".:"))
		return refuse(text, "nothing says how to reach it.", error);
	return parse_registry(text, "https://", text, place, error);
}

void place_free(struct place *place)
{
	free(place->text);
	free(place->origin);
	free(place->host);
	free(place->prefix);
	free(place->path);
	*place = (struct place){0};
}

/* Allowed characters stay, runs of others become one dash, and the digest tells names apart. */
static char *mapped(const char *module)
{
	cleanup(free_string) char *digest = digest_of(module, strlen(module));
	struct buffer name = {0};

	for (const char *c = module; *c && name.length < REPOSITORY_PART_MAX - 9; c++) {
		int small = tolower((unsigned char)*c);

		if (strchr(lower, small))
			buffer_add_char(&name, (char)small);
		else if (name.length && name.data[name.length - 1] != '-')
			buffer_add_char(&name, '-');
	}
	if (!name.length)
		buffer_add_char(&name, 'm');
	buffer_add_format(&name, "%s%.8s", name.data[name.length - 1] == '-' ? "" : "-", digest);
	return buffer_take(&name);
}

char *place_repository(const struct place *place, const char *module)
{
	size_t length = strlen(module);
	cleanup(free_string) char *name = length <= REPOSITORY_PART_MAX &&
							  is_repository_part(module, length)
						  ? xstrdup(module)
						  : mapped(module);

	return text_format("%s%s%s", place->prefix, *place->prefix ? "/" : "", name);
}
