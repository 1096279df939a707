/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds in other places: registries of the OCI protocol, web servers and directories with the same
 * files. docs/fleet.md says what lies there and why it can be believed.
 *
 * Everything that comes from such a place is read by a confined child (cage/worker.h) that has the
 * id of nobody, no key and no tree. Root gets files whose digests it checks, and short answers.
 *
 * Errors of all functions carry their exit status: -ENOENT, EXIT_NOT_PUBLISHED: it is not there.
 * -EHOSTUNREACH, EXIT_UNREACHABLE: the place does not answer, or refuses; it is left alone for the
 * rest of the session. -EBADMSG, EXIT_NOT_TRUSTED: what came cannot be true. -EINVAL, EXIT_USAGE:
 * this names no place.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"
#include "reuse/manifest.h"

/*
 * The places that one run has asked. Settings must outlive it. Processes forked later may use it,
 * too, and share the list of places that were given up.
 */
struct remote_session;

struct remote_session *remote_session_new(const struct settings *settings,
					  struct reporter *reporter);
void remote_session_free(struct remote_session *session);
DEFINE_CLEANUP(struct remote_session *, remote_session_free)

/*
 * Shows how many bytes have come or gone: in the glimpse, which must outlive the session, or with
 * NULL by REPORT_PROGRESS to the session's reporter.
 */
struct glimpse;
void remote_session_watch(struct remote_session *session, struct glimpse *glimpse);

/* One build as it came. All paths lie below the directory of the request. */
struct remote_build {
	char *config;          /* DIRECTORY/.build.json, byte for byte as it was published */
	char *signature;       /* DIRECTORY/.signature.cms: CMS in DER over the config */
	char *modules;         /* DIRECTORY/module, laid out like an entry of the cache */
	char *manifest_digest; /* "sha256:…" of the OCI manifest, for messages and records */
	uint64_t bytes;        /* of the layers, as they were sent */
};

/* Start with {0}. */
void remote_build_free(struct remote_build *build);

struct remote_request {
	const char *base;      /* one word of the setting remote */
	const char *module;    /* its real name */
	const char *tag;       /* or "sha256:…" of a manifest */
	const char *directory; /* empty, and the caller's alone */
	/*
	 * Called when config and signature are there, before any module is asked for. A negative
	 * value ends the fetch with the error. The config is read here only after that.
	 */
	int (*believe)(void *context, const char *config, const char *signature,
		       struct error *error);
	void *context;
};

/* The modules are exactly those that the config names, with the digests that it names. */
int remote_fetch(struct remote_session *session, const struct remote_request *request,
		 struct remote_build *ret_build, struct error *error);

struct remote_push_request {
	const char *base;
	const struct manifest *manifest; /* of the build */
	const char *config;              /* files: its text … */
	const char *signature;           /* … and the CMS over it */
	const char *modules;             /* a directory as artifact_extract() makes it */
	const char *scratch;             /* a directory of the caller's alone, for packed files */
	const char *publisher;           /* who signed, for people; NULL: nothing is said */
	const struct strv *tags;         /* the last is put last */
	time_t created;
};

struct remote_pushed {
	char *manifest_digest; /* "sha256:…" */
	uint64_t bytes;        /* of all parts, packed */
	uint64_t sent;         /* of those that were not there yet */
};

/* A directory is made where none is. *ret_pushed: release manifest_digest with free(). */
int remote_push(struct remote_session *session, const struct remote_push_request *request,
		struct remote_pushed *ret_pushed, struct error *error);

/* An image for containers. */
struct remote_image_request {
	const char *base;
	const char *module; /* names the repository */
	const char *tag;
	const char *config; /* files: OCI's image config … */
	const char *layer;  /* … and the one layer, a tar in gzip */
};

int remote_push_image(struct remote_session *session, const struct remote_image_request *request,
		      struct remote_pushed *ret_pushed, struct error *error);

/* The build of one tag in the words of its manifest, which nobody checks. */
struct remote_entry {
	char *tag;
	char *digest; /* "sha256:…"; NULL with trouble */
	char *module, *version, *kernel, *arch, *created, *publisher; /* each may be NULL */
	uint64_t bytes;
	char *trouble; /* why its manifest is of no use; NULL: it is */
};

struct remote_entries {
	struct remote_entry *items;
	size_t count;
};

/* Lists the builds of a module in a place, one entry per tag. No builds are no error. */
int remote_list(struct remote_session *session, const char *base, const char *module,
		struct remote_entries *ret_entries, struct error *error);
void remote_entries_free(struct remote_entries *entries);

/* Removes a manifest from the place, and the tags that lead to it. */
int remote_remove(struct remote_session *session, const char *base, const char *module,
		  const char *digest, const struct strv *tags, struct error *error);

/* Whether the place answers and lets us in. */
int remote_ping(struct remote_session *session, const char *base, struct error *error);

/* The name of a place for people, owned by the caller: "builds.invalid", or a directory's path.
 */
char *remote_host(const char *base);
