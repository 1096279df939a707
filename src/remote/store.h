/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One place, opened: the calls of OCI's distribution protocol, over HTTP (registry.c) or as files
 * (directory.c). What reads is called in the talking child (talk.h) alone. What writes files is the
 * caller's own process, which has the rights to.
 *
 * -ENOENT, EXIT_NOT_PUBLISHED: not there. -EHOSTUNREACH, EXIT_UNREACHABLE: no answer, or none that
 * helps. -EBADMSG, EXIT_NOT_TRUSTED: an answer that cannot be true.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "base/text.h"
#include "remote/oci.h"
#include "remote/place.h"
#include "remote/traffic.h"

/* Where the bytes of a blob go. */
struct sink {
	/* From the beginning, the first time and after a connection broke. */
	int (*restart)(void *context, struct error *error);
	int (*take)(void *context, const void *data, size_t length, struct error *error);
	void *context;
};

struct store;

struct store_calls {
	int (*manifest)(struct store *store, const char *repository, const char *reference,
			struct buffer *ret_text, struct error *error);
	int (*blob)(struct store *store, const char *repository, const char *digest, uint64_t size,
		    const struct sink *sink, struct error *error);
	/* Adds all tags; a repository that is not there has none. */
	int (*tags)(struct store *store, const char *repository, struct strv *tags,
		    struct error *error);
	/* One that is there is not sent again: *ret_sent says. */
	int (*put_blob)(struct store *store, const char *repository, const char *digest, int fd,
			uint64_t size, bool *ret_sent, struct error *error);
	/* Takes one back that was put now, and that no manifest names; NULL: the place tidies. */
	void (*drop_blob)(struct store *store, const char *repository, const char *digest);
	int (*put_manifest)(struct store *store, const char *repository, const char *reference,
			    const char *text, size_t length, struct error *error);
	/* A manifest, by its digest ("sha256:…"), with the tags that lead to it. */
	int (*remove)(struct store *store, const char *repository, const char *digest,
		      const struct strv *tags, struct error *error);
	/* Whether it answers at all, and lets us in. */
	int (*ping)(struct store *store, struct error *error);
};

struct store {
	const struct store_calls *calls;
	const struct place *place;
	struct traffic *traffic; /* counts what goes by; NULL: nobody wants to know */
};

/* A blob as its descriptor has it: exactly its bytes come to the sink, or it is an error. */
int store_blob(struct store *store, const char *repository, const struct oci_descriptor *blob,
	       const struct sink *sink, struct error *error);

/* A sink that writes to a file as it comes. */
struct file_sink {
	int fd;
	const char *name; /* its path, for messages */
};
struct sink file_sink(struct file_sink *file);

/* A sink that unpacks into a file. Release with layer_sink_free(). */
struct layer_sink {
	struct file_sink file;
	struct zstd_reader *reader;
};
struct sink layer_sink(struct layer_sink *layer);
/* The layer was whole. */
int layer_sink_end(struct layer_sink *layer, struct error *error);
void layer_sink_free(struct layer_sink *layer);

/* A directory: base is opened by who has the right to, and stays the caller's. */
struct directory_store {
	struct store store;
	int base;
};
void directory_store_open(struct directory_store *directory, const struct place *place, int base);
