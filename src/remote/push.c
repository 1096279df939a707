/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build goes out: its modules packed, its manifest last, so that who sees that finds all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "module/zstd_stream.h"
#include "remote/session.h"

enum { PUSH_SECONDS = 1800 };

#define SYMVERS "Module.symvers"

/* A file that goes out as it is. */
struct upload {
	char *digest;
	uint64_t size;
	int fd;
};

struct push {
	const struct remote_push_request *request;
	char *repository;
	struct oci_manifest manifest;
	struct upload *uploads;
	size_t count;
	char *text; /* of the manifest */
};

static void release(struct push *push)
{
	for (size_t i = 0; i < push->count; i++) {
		free(push->uploads[i].digest);
		close_fd(&push->uploads[i].fd);
	}
	free(push->uploads);
	free(push->repository);
	free(push->text);
	oci_manifest_free(&push->manifest);
}

static int open_regular(const char *path, int *ret_fd, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return error_errno(error, -EINVAL, 0, "Cannot read %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Digest and size of an opened file; takes the descriptor. */
static int add_upload(struct push *push, int fd, const char *path, struct error *error)
{
	struct upload upload = {.fd = fd};
	struct stat info;
	int code = lseek(fd, 0, SEEK_SET) < 0 || fstat(fd, &info) < 0 ? -errno : 0;

	if (!code)
		code = digest_of_descriptor(fd, &upload.digest);
	if (code < 0) {
		close_fd(&upload.fd);
		return error_errno(error, code, 0, "Cannot read %s", path);
	}
	upload.size = (uint64_t)info.st_size;
	push->uploads = xreallocarray(push->uploads, push->count + 1, sizeof(*push->uploads));
	push->uploads[push->count++] = upload;
	return 0;
}

static int add_file(struct push *push, const char *path, uint64_t limit, struct error *error)
{
	int fd = -1;

	if (open_regular(path, &fd, error) < 0 || add_upload(push, fd, path, error) < 0)
		return error->code;
	return push->uploads[push->count - 1].size <= limit
		       ? 0
		       : error_set(error, -EFBIG, 0, "%s is too large to be published.", path);
}

static int pack(const char *from, const char *to, int *ret_fd, struct error *error)
{
	cleanup(close_fd) int in = -1;
	cleanup(close_fd) int out = open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					 0600);

	if (out < 0)
		return error_errno(error, -errno, 0, "Cannot make %s", to);
	if (open_regular(from, &in, error) < 0 || zstd_pack(in, out, error) < 0)
		return error_wrap(error, "%s", from);
	*ret_fd = TAKE_FD(out);
	return 0;
}

static int add_module(struct push *push, const char *name, struct error *error)
{
	cleanup(free_string) char *from = path_join(push->request->modules, name, NULL);
	cleanup(free_string) char *packed = text_format("%s.zst", name);
	cleanup(free_string) char *to = path_join(push->request->scratch, packed, NULL);
	int fd = -1;

	if (pack(from, to, &fd, error) < 0 || add_upload(push, fd, to, error) < 0)
		return error->code;
	const struct upload *upload = &push->uploads[push->count - 1];

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
	if (add_file(push, push->request->config, OCI_CONFIG_MAX, error) < 0)
		return error->code;
	push->manifest.config = (struct oci_descriptor){
		.type = xstrdup(DKMS_CONFIG_TYPE),
		.digest = xstrdup(push->uploads[0].digest),
		.size = push->uploads[0].size,
	};
	if (add_modules(push, error) < 0 ||
	    add_file(push, push->request->signature, OCI_SIGNATURE_MAX, error) < 0)
		return error->code;
	const struct upload *signature = &push->uploads[push->count - 1];

	oci_manifest_add_layer(&push->manifest, DKMS_SIGNATURE_TYPE, xstrdup(signature->digest),
			       signature->size, NULL);
	describe(push);
	push->text = oci_manifest_print(&push->manifest);
	return 0;
}

/* In the child, or for a directory in this process. Answers with the bytes that went out. */
static int publish(struct store *store, void *context, struct answer *answer, struct error *error)
{
	const struct push *push = context;
	uint64_t sent = 0;
	const char *tag;

	for (size_t i = 0; i < push->count; i++) {
		const struct upload *upload = &push->uploads[i];
		bool is_new = false;

		if (lseek(upload->fd, 0, SEEK_SET) < 0)
			return error_errno(error, -errno, 0, "Cannot read what is published");
		if (store->calls->put_blob(store, push->repository, upload->digest, upload->fd,
					   upload->size, &is_new, error) < 0)
			return error->code;
		sent += is_new ? upload->size : 0;
	}
	STRV_FOREACH (tag, push->request->tags)
		if (store->calls->put_manifest(store, push->repository, tag, push->text,
					       strlen(push->text), error) < 0)
			return error->code;
	answer_put_number(answer, sent);
	return 0;
}

static int send_all(struct remote_session *session, struct base *base, struct push *push,
		    struct remote_pushed *pushed, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("publishing to %s", base->place.text);
	cleanup(free_string) int *fds = xcalloc(push->count + 1, sizeof(*fds));
	cleanup(answer_free) struct answer answer = {0};
	const struct talk talk = {
		.purpose = purpose,
		.work = publish,
		.context = push,
		.fds = fds,
		.fd_count = push->count,
		.seconds = PUSH_SECONDS,
	};

	for (size_t i = 0; i < push->count; i++)
		fds[i] = push->uploads[i].fd;
	int code = base->place.kind == PLACE_DIRECTORY
			   ? session_write(session, base, &talk, &answer, error)
			   : session_talk(session, base, &talk, &answer, error);

	if (code < 0)
		return code;
	return answer_number(&answer, &pushed->sent) < 0
		       ? error_set(error, -EPROTO, 0, "The process for %s answered nonsense.",
				   purpose)
		       : 0;
}

int remote_push(struct remote_session *session, const struct remote_push_request *request,
		struct remote_pushed *ret_pushed, struct error *error)
{
	cleanup(release) struct push push = {.request = request};
	struct remote_pushed pushed = {0};
	struct base *base;
	const char *tag;

	STRV_FOREACH (tag, request->tags)
		if (!place_is_reference(tag))
			return error_set(error, -EINVAL, EXIT_USAGE, "%s is no tag.", tag);
	if (session_base(session, request->base, &base, error) < 0)
		return error->code;
	push.repository = place_repository(&base->place, request->manifest->id.name);
	if (prepare(&push, error) < 0 || send_all(session, base, &push, &pushed, error) < 0)
		return error->code;
	cleanup(free_string) char *digest = digest_of(push.text, strlen(push.text));

	pushed.manifest_digest = text_format("sha256:%s", digest);
	for (size_t i = 0; i < push.count; i++)
		pushed.bytes += push.uploads[i].size;
	*ret_pushed = pushed;
	return 0;
}
