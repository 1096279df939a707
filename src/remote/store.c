/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/store.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "module/compress.h"

/* Counts and digests what goes by. */
struct check {
	const struct oci_descriptor *blob;
	const struct sink *sink;
	struct traffic *traffic;
	struct digest *digest;
	uint64_t come;
};

static int check_restart(void *context, struct error *error)
{
	struct check *check = context;

	if (check->digest)
		digest_free(check->digest);
	check->digest = digest_new();
	check->come = 0;
	return check->sink->restart(check->sink->context, error);
}

static int is_wrong(const struct check *check, const char *how, struct error *error)
{
	return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED, "The blob sha256:%s %s.",
			 check->blob->digest, how);
}

static int check_take(void *context, const void *data, size_t length, struct error *error)
{
	struct check *check = context;

	check->come += length;
	if (check->come > check->blob->size)
		return is_wrong(check, "is longer than its manifest says", error);
	digest_add_bytes(check->digest, data, length);
	traffic_now(check->traffic, check->come);
	return check->sink->take(check->sink->context, data, length, error);
}

static int check_end(struct check *check, struct error *error)
{
	if (check->come < check->blob->size)
		return is_wrong(check, "is cut short", error);
	cleanup(free_string) char *found = digest_finish(TAKE(check->digest));

	return text_equal(found, check->blob->digest)
		       ? 0
		       : is_wrong(check, "holds something else than its digest says", error);
}

int store_blob(struct store *store, const char *repository, const struct oci_descriptor *blob,
	       const struct sink *sink, struct error *error)
{
	struct check check = {.blob = blob, .sink = sink, .traffic = store->traffic};
	const struct sink checked = {check_restart, check_take, &check};
	int code = check_restart(&check, error);

	if (!code)
		code = store->calls->blob(store, repository, blob->digest, blob->size, &checked,
					  error);
	if (!code)
		code = check_end(&check, error);
	traffic_next(store->traffic, blob->size);
	if (check.digest)
		digest_free(check.digest);
	return code;
}

static int buffer_restart(void *context, struct error *error)
{
	struct buffer *buffer = context;

	(void)error;
	buffer_free(buffer);
	return 0;
}

static int buffer_take_bytes(void *context, const void *data, size_t length, struct error *error)
{
	(void)error;
	buffer_add(context, data, length);
	return 0;
}

struct sink buffer_sink(struct buffer *buffer)
{
	return (struct sink){buffer_restart, buffer_take_bytes, buffer};
}

static int file_restart(void *context, struct error *error)
{
	const struct file_sink *file = context;

	if (lseek(file->fd, 0, SEEK_SET) < 0 || ftruncate(file->fd, 0) < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", file->name);
	return 0;
}

static int file_take(void *context, const void *data, size_t length, struct error *error)
{
	const struct file_sink *file = context;
	int code = file_write_all(file->fd, data, length);

	return code < 0 ? error_errno(error, code, 0, "Cannot write %s", file->name) : 0;
}

struct sink file_sink(struct file_sink *file)
{
	return (struct sink){file_restart, file_take, file};
}

static int layer_restart(void *context, struct error *error)
{
	struct layer_sink *layer = context;

	layer_sink_free(layer);
	layer->reader = zstd_reader_new(OCI_MODULE_MAX, file_take, &layer->file);
	return file_restart(&layer->file, error);
}

static int is_bad_layer(const struct layer_sink *layer, struct error *error)
{
	if (error->code != -EBADMSG && error->code != -EFBIG)
		return error->code; /* it is this machine that cannot write */
	(void)error_set_status(error, EXIT_NOT_TRUSTED);
	error->code = -EBADMSG;
	return error_wrap(error, "%s", path_basename(layer->file.name));
}

static int layer_take(void *context, const void *data, size_t length, struct error *error)
{
	const struct layer_sink *layer = context;

	if (zstd_reader_add(layer->reader, data, length, error) < 0)
		return is_bad_layer(layer, error);
	return 0;
}

struct sink layer_sink(struct layer_sink *layer)
{
	return (struct sink){layer_restart, layer_take, layer};
}

int layer_sink_end(struct layer_sink *layer, struct error *error)
{
	return zstd_reader_end(layer->reader, error) < 0 ? is_bad_layer(layer, error) : 0;
}

void layer_sink_free(struct layer_sink *layer)
{
	if (layer->reader)
		zstd_reader_free(TAKE(layer->reader));
}

enum { TELL_MS = 200 };

void traffic_begin(struct traffic *traffic, struct glimpse *glimpse, uint64_t total,
		   uint64_t earlier)
{
	*traffic = (struct traffic){
		.glimpse = glimpse,
		.total = total,
		.before = earlier,
		.earlier = earlier,
		.begun = deadline_now(),
	};
}

static void tell(const struct traffic *traffic, uint64_t done, int64_t elapsed)
{
	uint64_t rate = (done - traffic->earlier) * 1000 / (uint64_t)(elapsed > 0 ? elapsed : 1);
	cleanup(free_string) char *come = text_size(done);
	cleanup(free_string) char *total = text_size(traffic->total);
	cleanup(free_string) char *speed = text_size(rate);
	cleanup(free_string) char *text = text_format("%s of %s, %s/s", come, total, speed);

	glimpse_tell(traffic->glimpse, text);
	if (traffic->reporter && elapsed >= TELL_MS)
		report(traffic->reporter, REPORT_PROGRESS, "[%s]", text);
}

void traffic_now(struct traffic *traffic, uint64_t bytes)
{
	if (!traffic || !traffic->glimpse)
		return;
	int64_t now = deadline_now();
	uint64_t done = traffic->before + bytes;

	if (traffic->told && now - traffic->told < TELL_MS && done < traffic->total)
		return;
	traffic->told = now;
	tell(traffic, done, now - traffic->begun);
}

void traffic_next(struct traffic *traffic, uint64_t size)
{
	if (traffic)
		traffic->before += size;
}

void traffic_skip(struct traffic *traffic, uint64_t size)
{
	if (traffic)
		traffic->total -= size < traffic->total ? size : traffic->total;
}

bool room_is_short(const struct error *error)
{
	return error->code == -ENOSPC || error->code == -EDQUOT;
}

int room_explain(int fd, const char *what, uint64_t bytes, struct error *error)
{
	cleanup(free_string) char *needed = text_size(bytes);
	struct statvfs info;

	if (!room_is_short(error))
		return error->code;
	if (fstatvfs(fd, &info) < 0)
		return error_hint(error, "%s needs %s there.", what, needed);
	cleanup(free_string) char *left = text_size((uint64_t)info.f_bavail * info.f_frsize);

	return error_hint(error, "%s needs %s there; %s are free.", what, needed, left);
}
