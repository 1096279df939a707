/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One place, opened: the calls of OCI's distribution protocol, over HTTP (registry.c) or as files
 * (directory.c). Calls that read run in the talking child (session.h) alone. Calls that write files
 * run in the caller's own process, which has the rights.
 *
 * -ENOENT, EXIT_NOT_PUBLISHED: not there. -EHOSTUNREACH, EXIT_UNREACHABLE: no answer, or none that
 * helps. -EBADMSG, EXIT_NOT_TRUSTED: an answer that cannot be true.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "base/text.h"
#include "remote/oci_json.h"
#include "remote/place.h"

/*
 * How many bytes of a transfer have come or gone, and how fast. It is a line in a glimpse
 * (base/report.h), which the talking child writes and its parent shows.
 */
struct traffic {
	struct glimpse *glimpse;   /* NULL: nobody watches, and nothing is counted */
	struct reporter *reporter; /* shows the line; NULL: somebody else reads the glimpse */
	uint64_t total;            /* bytes of the whole transfer */
	uint64_t before;           /* bytes of the blobs that have gone */
	uint64_t earlier;          /* the part of `before` from earlier traffic */
	int64_t begun, told;
};

/* earlier: bytes of the total that have gone already. */
void traffic_begin(struct traffic *traffic, struct glimpse *glimpse, uint64_t total,
		   uint64_t earlier);
/* So many bytes of the current blob have gone. traffic may be NULL for all of these. */
void traffic_now(struct traffic *traffic, uint64_t bytes);
/* A blob of this size has gone … */
void traffic_next(struct traffic *traffic, uint64_t size);
/* … or need not go. */
void traffic_skip(struct traffic *traffic, uint64_t size);

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
	/* *ret_sent: the blob was not there, and was sent. */
	int (*put_blob)(struct store *store, const char *repository, const char *digest, int fd,
			uint64_t size, bool *ret_sent, struct error *error);
	/* Removes a blob of a failed push, which no manifest names; NULL: the place tidies. */
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
	struct traffic *traffic; /* counts bytes; NULL: nobody wants to know */
};

/* A blob as its descriptor has it: exactly its bytes come to the sink, or it is an error. */
int store_blob(struct store *store, const char *repository, const struct oci_descriptor *blob,
	       const struct sink *sink, struct error *error);

/* A sink that fills a buffer. */
struct sink buffer_sink(struct buffer *buffer);

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

/* A directory: the caller opens base, and closes it. */
struct directory_store {
	struct store store;
	int base;
};
void directory_store_open(struct directory_store *directory, const struct place *place, int base);

/* The error is about a full disk, or a user's full share of it. */
bool room_is_short(const struct error *error);

/*
 * Adds to such an error how many bytes the thing called `what` needs in the file system of an
 * opened file, and how many are free. Returns the error's code.
 */
int room_explain(int fd, const char *what, uint64_t bytes, struct error *error);
