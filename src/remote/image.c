/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image that containers run, or copy from: a config and one layer, as they were made. */
#include <errno.h>

#include "base/memory.h"
#include "remote/shipment.h"

#define IMAGE_CONFIG_TYPE "application/vnd.oci.image.config.v1+json"
#define IMAGE_LAYER_TYPE  "application/vnd.oci.image.layer.v1.tar+gzip"

enum { IMAGE_LAYER_MAX = 1 << 30 };

static int prepare(struct shipment *shipment, const struct remote_image_request *request,
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
	if (prepare(&shipment, request, error) < 0)
		return error->code;
	return shipment_send(session, base, &shipment, ret_pushed, error);
}
