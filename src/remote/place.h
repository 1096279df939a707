/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where builds are kept, as the administrator names it:
 *
 * - https://builds.invalid[:PORT][/PREFIX]: a registry, or a web server with the same files.
 * - http://…: the same in the clear, for a loopback or a lab.
 * - file:///srv/dkms or dir:PATH: a directory with these files.
 *
 * Names that could end a header or leave a directory are refused here.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

enum place_kind { PLACE_REGISTRY, PLACE_DIRECTORY };

struct place {
	enum place_kind kind;
	char *text;   /* as it is shown */
	char *origin; /* "https://builds.invalid:5000"; NULL for a directory */
	char *host;   /* "builds.invalid:5000"; NULL for a directory */
	char *prefix; /* of repositories: "dkms", or "" */
	char *path;   /* of a directory; NULL for a registry */
	bool is_encrypted;
	bool is_local; /* a loopback address: nobody listens on the way */
};

/* EXIT_USAGE for what names no place. Release with place_free() in any case. */
int place_parse(const char *text, struct place *ret_place, struct error *error);
void place_free(struct place *place);

/*
 * The repository of a module, "dkms/zfs", owned by the caller. Names that registries do not allow
 * are changed, and end in a digest so that no two become one.
 */
char *place_repository(const struct place *place, const char *module);

/* http to this machine itself: nobody listens on the way. */
bool place_is_loopback_url(const char *url);

/* True for a tag or a digest ("sha256:…") as registries allow them. */
bool place_is_reference(const char *text);
/* True for 64 lower-case hexadecimal digits. */
bool place_is_digest(const char *text);
