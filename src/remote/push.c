/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build goes out: its modules packed, its manifest last, so that who sees that finds all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "module/compress.h"
#include "remote/room.h"
#include "remote/shipment.h"

#define SYMVERS "Module.symvers"

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
