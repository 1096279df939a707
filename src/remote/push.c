/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing: blobs first, then the manifest under each of its tags, so that whoever sees the
 * manifest finds all of its parts. A shipment is what goes out: a build with its modules packed, or
 * an image for containers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "module/compress.h"
#include "remote/session.h"

#define SYMVERS           "Module.symvers"
#define IMAGE_CONFIG_TYPE "application/vnd.oci.image.config.v1+json"
#define IMAGE_LAYER_TYPE  "application/vnd.oci.image.layer.v1.tar+gzip"

enum { PUSH_SECONDS = 1800, IMAGE_LAYER_MAX = 1 << 30 };

/* A file that goes out as it is. */
struct upload {
	char *digest;
	uint64_t size;
	int fd;
	bool is_new; /* it was sent now: it was not there */
};

struct shipment {
	char *repository;
	struct upload *uploads;
	size_t count;
	char *text;              /* of the manifest */
	const struct strv *tags; /* the last is put last */
	bool is_named;           /* at least one leads to it now */
};

static void shipment_release(struct shipment *shipment)
{
	for (size_t i = 0; i < shipment->count; i++) {
		free(shipment->uploads[i].digest);
		close_fd(&shipment->uploads[i].fd);
	}
	free(shipment->uploads);
	free(shipment->repository);
	free(shipment->text);
	*shipment = (struct shipment){0};
}

/* The part that was added last. */
static const struct upload *shipment_last(const struct shipment *shipment)
{
	return &shipment->uploads[shipment->count - 1];
}

/* Opens what is to go out: a regular file, no link. */
static int shipment_open(const char *path, int *ret_fd, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info = {0};
	int code = fd < 0 || fstat(fd, &info) < 0 ? -errno : S_ISREG(info.st_mode) ? 0 : -EINVAL;

	if (code < 0) {
		error_errno(error, code, 0, "Cannot read %s", path);
		return code;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Adds an opened file, which it takes; path names the file in messages. */
static int shipment_add_opened(struct shipment *shipment, int fd, const char *path,
			       struct error *error)
{
	struct upload upload = {.fd = fd};
	struct stat info = {0};
	int code = lseek(fd, 0, SEEK_SET) < 0 || fstat(fd, &info) < 0 ? -errno : 0;

	if (!code)
		code = digest_of_descriptor(fd, &upload.digest);
	if (code < 0) {
		close_fd(&upload.fd);
		error_errno(error, code, 0, "Cannot read %s", path);
		return code;
	}
	upload.size = (uint64_t)info.st_size;
	shipment->uploads = xreallocarray(shipment->uploads, shipment->count + 1,
					  sizeof(*shipment->uploads));
	shipment->uploads[shipment->count++] = upload;
	return 0;
}

/* Adds a regular file of at most limit bytes; a link is an error. */
static int shipment_add(struct shipment *shipment, const char *path, uint64_t limit,
			struct error *error)
{
	int fd = -1;
	int code = shipment_open(path, &fd, error);

	if (!code)
		code = shipment_add_opened(shipment, fd, path, error);
	if (code < 0)
		return code;
	return shipment->uploads[shipment->count - 1].size <= limit
		       ? 0
		       : error_set(error, -EFBIG, 0, "%s is too large to be published.", path);
}

static int put_all(struct store *store, struct shipment *shipment, struct error *error)
{
	const char *tag;

	for (size_t i = 0; i < shipment->count; i++) {
		struct upload *upload = &shipment->uploads[i];

		if (lseek(upload->fd, 0, SEEK_SET) < 0)
			return error_errno(error, -errno, 0, "Cannot read what is published");
		if (store->calls->put_blob(store, shipment->repository, upload->digest, upload->fd,
					   upload->size, &upload->is_new, error) < 0)
			return error->code;
		(upload->is_new ? traffic_next : traffic_skip)(store->traffic, upload->size);
	}
	STRV_FOREACH (tag, shipment->tags) {
		if (store->calls->put_manifest(store, shipment->repository, tag, shipment->text,
					       strlen(shipment->text), error) < 0)
			return error->code;
		shipment->is_named = true;
	}
	return 0;
}

/*
 * Removes the parts of a failed push, which would keep the disk full. Another push may miss a part
 * that it saw.
 */
static void take_back(struct store *store, const struct shipment *shipment)
{
	cleanup(free_string) char *digest = digest_of(shipment->text, strlen(shipment->text));
	cleanup(free_string) char *manifest = text_format("sha256:%s", digest);
	cleanup(error_clear) struct error ignored = {0};
	const struct strv no_tags = {0};
	bool any = false;

	for (size_t i = 0; i < shipment->count; i++) {
		const struct upload *upload = &shipment->uploads[i];

		any |= upload->is_new;
		if (upload->is_new)
			store->calls->drop_blob(store, shipment->repository, upload->digest);
	}
	if (any)
		(void)store->calls->remove(store, shipment->repository, manifest, &no_tags,
					   &ignored);
}

/* In the child, or for a directory in this process. Answers with the bytes that went out. */
static int publish(struct store *store, void *context, struct answer *answer, struct error *error)
{
	struct shipment *shipment = context;
	uint64_t sent = 0;

	if (put_all(store, shipment, error) < 0) {
		if (room_is_short(error) && store->calls->drop_blob && !shipment->is_named)
			take_back(store, shipment);
		return error->code;
	}
	for (size_t i = 0; i < shipment->count; i++)
		sent += shipment->uploads[i].is_new ? shipment->uploads[i].size : 0;
	answer_put_number(answer, sent);
	return 0;
}

static int send_parts(struct remote_session *session, struct base *base, struct shipment *shipment,
		      struct remote_pushed *pushed, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("publishing to %s", base->place.text);
	cleanup(free_string) int *fds = xcalloc(shipment->count + 1, sizeof(*fds));
	cleanup(answer_free) struct answer answer = {0};
	struct talk talk = {
		.purpose = purpose,
		.work = publish,
		.context = shipment,
		.fds = fds,
		.fd_count = shipment->count,
		.seconds = PUSH_SECONDS,
	};

	for (size_t i = 0; i < shipment->count; i++) {
		fds[i] = shipment->uploads[i].fd;
		talk.bytes += shipment->uploads[i].size;
	}
	int code = base->place.kind == PLACE_DIRECTORY
			   ? session_write(session, base, &talk, &answer, error)
			   : session_talk(session, base, &talk, &answer, error);

	if (code < 0)
		return room_explain(base->directory, "This build", talk.bytes, error);
	return answer_number(&answer, &pushed->sent) < 0
		       ? error_set(error, -EPROTO, 0, "The process for %s answered nonsense.",
				   purpose)
		       : 0;
}

/* Sends all of it. Fills *ret_pushed, whose manifest_digest is owned by the caller. */
static int shipment_send(struct remote_session *session, struct base *base,
			 struct shipment *shipment, struct remote_pushed *ret_pushed,
			 struct error *error)
{
	struct remote_pushed pushed = {0};

	if (send_parts(session, base, shipment, &pushed, error) < 0)
		return error->code;
	cleanup(free_string) char *digest = digest_of(shipment->text, strlen(shipment->text));

	pushed.manifest_digest = text_format("sha256:%s", digest);
	for (size_t i = 0; i < shipment->count; i++)
		pushed.bytes += shipment->uploads[i].size;
	*ret_pushed = pushed;
	return 0;
}

struct push {
	const struct remote_push_request *request;
	struct shipment shipment;
	struct oci_manifest manifest;
};

static void release(struct push *push)
{
	shipment_release(&push->shipment);
	oci_manifest_free(&push->manifest);
}

static int pack(const char *from, const char *to, int *ret_fd, struct error *error)
{
	cleanup(close_fd) int in = -1;
	cleanup(close_fd) int out = open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					 0600);

	if (out < 0)
		return error_errno(error, -errno, 0, "Cannot make %s", to);
	if (shipment_open(from, &in, error) < 0 || zstd_pack(in, out, error) < 0)
		return error_wrap(error, "%s", room_is_short(error) ? to : from);
	*ret_fd = TAKE_FD(out);
	return 0;
}

static int add_module(struct push *push, const char *name, struct error *error)
{
	cleanup(free_string) char *from = path_join(push->request->modules, name, NULL);
	cleanup(free_string) char *packed = text_format("%s.zst", name);
	cleanup(free_string) char *to = path_join(push->request->scratch, packed, NULL);
	int fd = -1;

	if (pack(from, to, &fd, error) < 0 ||
	    shipment_add_opened(&push->shipment, fd, to, error) < 0)
		return error->code;
	const struct upload *upload = shipment_last(&push->shipment);

	oci_manifest_add_layer(&push->manifest, DKMS_MODULE_TYPE, xstrdup(upload->digest),
			       upload->size, xstrdup(name));
	return 0;
}

static int add_modules(struct push *push, struct error *error)
{
	const struct manifest *manifest = push->request->manifest;

	for (size_t i = 0; i < manifest->module_count; i++)
		if (add_module(push, manifest->modules[i].name, error) < 0)
			return error->code;
	return manifest->symvers ? add_module(push, SYMVERS, error) : 0;
}

static void describe(struct push *push)
{
	const struct remote_push_request *request = push->request;
	const struct manifest *manifest = request->manifest;
	char created[sizeof "2026-11-29T20:30:00Z"] = "1970-01-01T00:00:00Z";
	struct tm when;

	if (gmtime_r(&request->created, &when))
		(void)strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &when);
	push->manifest.artifact_type = xstrdup(DKMS_ARTIFACT_TYPE);
	push->manifest.notes = (struct oci_notes){
		.module = xstrdup(manifest->id.name),
		.version = xstrdup(manifest->id.version),
		.kernel = xstrdup(manifest->kernel.release),
		.arch = xstrdup(manifest->kernel.arch),
		.created = xstrdup(created),
		.publisher = request->publisher ? xstrdup(request->publisher) : NULL,
	};
}

/* Config first, signature last. */
static int prepare(struct push *push, struct error *error)
{
	if (shipment_add(&push->shipment, push->request->config, OCI_CONFIG_MAX, error) < 0)
		return error->code;
	push->manifest.config = (struct oci_descriptor){
		.type = xstrdup(DKMS_CONFIG_TYPE),
		.digest = xstrdup(push->shipment.uploads[0].digest),
		.size = push->shipment.uploads[0].size,
	};
	if (add_modules(push, error) < 0 ||
	    shipment_add(&push->shipment, push->request->signature, OCI_SIGNATURE_MAX, error) < 0)
		return error->code;
	const struct upload *signature = shipment_last(&push->shipment);

	oci_manifest_add_layer(&push->manifest, DKMS_SIGNATURE_TYPE, xstrdup(signature->digest),
			       signature->size, NULL);
	describe(push);
	push->shipment.text = oci_manifest_print(&push->manifest);
	return 0;
}

int remote_push(struct remote_session *session, const struct remote_push_request *request,
		struct remote_pushed *ret_pushed, struct error *error)
{
	cleanup(release) struct push push = {.request = request, .shipment.tags = request->tags};
	struct base *base;
	const char *tag;

	STRV_FOREACH (tag, request->tags)
		if (!place_is_reference(tag))
			return error_set(error, -EINVAL, EXIT_USAGE, "%s is no tag.", tag);
	if (session_base(session, request->base, &base, error) < 0)
		return error->code;
	push.shipment.repository = place_repository(&base->place, request->manifest->id.name);
	if (prepare(&push, error) < 0)
		return error->code;
	return shipment_send(session, base, &push.shipment, ret_pushed, error);
}

static int prepare_image(struct shipment *shipment, const struct remote_image_request *request,
			 struct error *error)
{
	cleanup(oci_manifest_free) struct oci_manifest manifest = {0};

	if (shipment_add(shipment, request->config, OCI_CONFIG_MAX, error) < 0)
		return error->code;
	manifest.config = (struct oci_descriptor){
		.type = xstrdup(IMAGE_CONFIG_TYPE),
		.digest = xstrdup(shipment_last(shipment)->digest),
		.size = shipment_last(shipment)->size,
	};
	if (shipment_add(shipment, request->layer, IMAGE_LAYER_MAX, error) < 0)
		return error->code;
	oci_manifest_add_layer(&manifest, IMAGE_LAYER_TYPE,
			       xstrdup(shipment_last(shipment)->digest),
			       shipment_last(shipment)->size, NULL);
	shipment->text = oci_manifest_print(&manifest);
	return 0;
}

int remote_push_image(struct remote_session *session, const struct remote_image_request *request,
		      struct remote_pushed *ret_pushed, struct error *error)
{
	cleanup(strv_free) struct strv tags = {0};
	cleanup(shipment_release) struct shipment shipment = {.tags = &tags};
	struct base *base;

	if (!place_is_reference(request->tag))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "There can be no image with the tag %s.", request->tag);
	strv_add(&tags, request->tag);
	if (session_base(session, request->base, &base, error) < 0)
		return error->code;
	shipment.repository = place_repository(&base->place, request->module);
	if (prepare_image(&shipment, request, error) < 0)
		return error->code;
	return shipment_send(session, base, &shipment, ret_pushed, error);
}
