/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/shipment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "remote/room.h"

enum { PUSH_SECONDS = 1800 };

void shipment_release(struct shipment *shipment)
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

const struct upload *shipment_last(const struct shipment *shipment)
{
	return &shipment->uploads[shipment->count - 1];
}

int shipment_open(const char *path, int *ret_fd, struct error *error)
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
int shipment_add_opened(struct shipment *shipment, int fd, const char *path, struct error *error)
{
	struct upload upload = {.fd = fd};
	struct stat info = {0};
	int code = lseek(fd, 0, SEEK_SET) < 0 || fstat(fd, &info) < 0 ? -errno : 0;

	if (!code)
		code = digest_of_descriptor(fd, &upload.digest);
	if (code < 0) {
		close_fd(&upload.fd);
		return error_errno(error, code, 0, "Cannot read %s", path);
	}
	upload.size = (uint64_t)info.st_size;
	shipment->uploads = xreallocarray(shipment->uploads, shipment->count + 1,
					  sizeof(*shipment->uploads));
	shipment->uploads[shipment->count++] = upload;
	return 0;
}

int shipment_add(struct shipment *shipment, const char *path, uint64_t limit, struct error *error)
{
	int fd = -1;

	if (shipment_open(path, &fd, error) < 0 ||
	    shipment_add_opened(shipment, fd, path, error) < 0)
		return error->code;
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

/* A full disk stays so if what is of no use is left there. Another push may miss what it saw. */
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

int shipment_send(struct remote_session *session, struct base *base, struct shipment *shipment,
		  struct remote_pushed *ret_pushed, struct error *error)
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
