/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build as an OCI artifact (image-spec 1.1): the manifest that names its parts by their digests.
 * docs/fleet.md has the table of the parts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strv.h"

#define OCI_MANIFEST_TYPE   "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX_TYPE      "application/vnd.oci.image.index.v1+json"
#define DKMS_ARTIFACT_TYPE  "application/vnd.dkms.build.v1"
#define DKMS_CONFIG_TYPE    "application/vnd.dkms.build.manifest.v1+json"
#define DKMS_MODULE_TYPE    "application/vnd.dkms.module.v1+zstd"
#define DKMS_SIGNATURE_TYPE "application/vnd.dkms.signature.v1+cms"

enum {
	OCI_MANIFEST_MAX = 1 << 20,
	OCI_CONFIG_MAX = 4 << 20,
	OCI_SIGNATURE_MAX = 256 << 10,
	OCI_MODULE_MAX = 512 << 20, /* packed as unpacked */
	OCI_LAYERS_MAX = 1024,
	OCI_TITLE_MAX = 255,
};

struct oci_descriptor {
	char *type;
	char *digest; /* 64 hexadecimal digits */
	uint64_t size;
	char *title; /* the file's name; NULL: none */
};

/* Annotations of the manifest, for people. Each may be NULL. */
struct oci_notes {
	char *module, *version, *kernel, *arch, *created, *publisher;
};

struct oci_manifest {
	char *artifact_type; /* NULL: none */
	struct oci_descriptor config;
	struct oci_descriptor *layers;
	size_t layer_count;
	struct oci_notes notes;
};

void oci_manifest_free(struct oci_manifest *manifest);

/* Takes the texts. */
void oci_manifest_add_layer(struct oci_manifest *manifest, const char *type, char *digest,
			    uint64_t size, char *title);

/* The same manifest always gives the same text, owned by the caller. */
char *oci_manifest_print(const struct oci_manifest *manifest);

/*
 * Reads any image manifest, within the bounds above. -EBADMSG for anything else: a list of
 * manifests, a manifest of docker's own format, damaged JSON. Release with oci_manifest_free() in
 * any case.
 */
int oci_manifest_parse(const char *text, size_t length, struct oci_manifest *ret_manifest,
		       struct error *error);

/* -EBADMSG unless it is a build of dkms: one config, modules with names, one signature, the last.
 */
int oci_require_build(const struct oci_manifest *manifest, struct error *error);

/* The "tags" of a list of tags; those that are no tags are left out. */
int oci_tags_parse(const char *text, size_t length, struct strv *tags, struct error *error);
/* The text of such a list, owned by the caller. */
char *oci_tags_print(const char *repository, const struct strv *tags);
