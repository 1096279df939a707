/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "remote/oci_json.h"
#include "remote/place.h"

#define TITLE "org.opencontainers.image.title"

enum { TYPE_MAX = 255, NOTE_MAX = 255 };

struct note {
	const char *key;
	char **text;
};

enum { NOTES = 6 };

static void list_notes(struct oci_notes *notes, struct note list[NOTES])
{
	const struct note all[NOTES] = {
		{"org.opencontainers.image.created", &notes->created},
		{"org.dkms.module", &notes->module},
		{"org.dkms.version", &notes->version},
		{"org.dkms.kernel", &notes->kernel},
		{"org.dkms.arch", &notes->arch},
		{"org.dkms.publisher", &notes->publisher},
	};

	for (size_t i = 0; i < NOTES; i++)
		list[i] = all[i];
}

static void descriptor_free(struct oci_descriptor *descriptor)
{
	free(descriptor->type);
	free(descriptor->digest);
	free(descriptor->title);
}

void oci_manifest_free(struct oci_manifest *manifest)
{
	struct note notes[NOTES];

	descriptor_free(&manifest->config);
	for (size_t i = 0; i < manifest->layer_count; i++)
		descriptor_free(&manifest->layers[i]);
	free(manifest->layers);
	free(manifest->artifact_type);
	list_notes(&manifest->notes, notes);
	for (size_t i = 0; i < NOTES; i++)
		free(*notes[i].text);
	*manifest = (struct oci_manifest){0};
}

static struct oci_descriptor *add_layer(struct oci_manifest *manifest)
{
	manifest->layers = xreallocarray(manifest->layers, manifest->layer_count + 1,
					 sizeof(*manifest->layers));
	manifest->layers[manifest->layer_count] = (struct oci_descriptor){0};
	return &manifest->layers[manifest->layer_count++];
}

void oci_manifest_add_layer(struct oci_manifest *manifest, const char *type, char *digest,
			    uint64_t size, char *title)
{
	*add_layer(manifest) = (struct oci_descriptor){
		.type = xstrdup(type), .digest = digest, .size = size, .title = title};
}

static struct json_object *print_descriptor(const struct oci_descriptor *descriptor)
{
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(free_string) char *digest = text_format("sha256:%s", descriptor->digest);

	json_set_text(object, "mediaType", descriptor->type);
	json_set_text(object, "digest", digest);
	json_set(object, "size", json_checked(json_object_new_int64((int64_t)descriptor->size)));
	if (descriptor->title) {
		struct json_object *notes = json_checked(json_object_new_object());

		json_set_text(notes, TITLE, descriptor->title);
		json_set(object, "annotations", notes);
	}
	return object;
}

char *oci_manifest_print(const struct oci_manifest *manifest)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *layers = json_checked(json_object_new_array());
	struct json_object *annotations = json_checked(json_object_new_object());
	struct note notes[NOTES];

	json_set(root, "schemaVersion", json_checked(json_object_new_int(2)));
	json_set_text(root, "mediaType", OCI_MANIFEST_TYPE);
	if (manifest->artifact_type)
		json_set_text(root, "artifactType", manifest->artifact_type);
	json_set(root, "config", print_descriptor(&manifest->config));
	for (size_t i = 0; i < manifest->layer_count; i++)
		json_append(layers, print_descriptor(&manifest->layers[i]));
	json_set(root, "layers", layers);
	list_notes((struct oci_notes *)&manifest->notes, notes);
	for (size_t i = 0; i < NOTES; i++)
		if (*notes[i].text)
			json_set_text(annotations, notes[i].key, *notes[i].text);
	json_set(root, "annotations", annotations);
	return json_print(root);
}

static int not_ours(const char *reason, struct error *error)
{
	return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED, "The manifest %s.", reason);
}

static int parse_descriptor(struct json_object *object, struct oci_descriptor *descriptor,
			    struct error *error)
{
	const char *digest = json_member_text(object, "digest", NOTE_MAX);
	const char *type = json_member_text(object, "mediaType", TYPE_MAX);
	struct json_object *notes = NULL, *size = NULL;

	if (!digest || !text_starts_with(digest, "sha256:") ||
	    !place_is_digest(digest + strlen("sha256:")))
		return not_ours("names a part by something else than its SHA-256", error);
	if (!type || !json_object_object_get_ex(object, "size", &size) ||
	    !json_object_is_type(size, json_type_int) || json_object_get_int64(size) < 0)
		return not_ours("has a part without a type or a size", error);
	descriptor->digest = xstrdup(digest + strlen("sha256:"));
	descriptor->type = xstrdup(type);
	descriptor->size = (uint64_t)json_object_get_int64(size);
	if (json_object_object_get_ex(object, "annotations", &notes)) {
		const char *title = json_member_text(notes, TITLE, OCI_TITLE_MAX);

		descriptor->title = title ? xstrdup(title) : NULL;
	}
	return 0;
}

static int parse_layers(struct json_object *root, struct oci_manifest *manifest,
			struct error *error)
{
	struct json_object *layers = NULL;

	if (!json_object_object_get_ex(root, "layers", &layers) ||
	    !json_object_is_type(layers, json_type_array))
		return not_ours("has no layers", error);
	if (json_object_array_length(layers) > OCI_LAYERS_MAX)
		return not_ours("has too many layers", error);
	for (size_t i = 0; i < json_object_array_length(layers); i++)
		if (parse_descriptor(json_object_array_get_idx(layers, i), add_layer(manifest),
				     error) < 0)
			return error->code;
	return 0;
}

static void parse_notes(struct json_object *root, struct oci_notes *notes)
{
	struct json_object *annotations = NULL;
	struct note list[NOTES];

	if (!json_object_object_get_ex(root, "annotations", &annotations))
		return;
	list_notes(notes, list);
	for (size_t i = 0; i < NOTES; i++) {
		const char *text = json_member_text(annotations, list[i].key, NOTE_MAX);

		if (text)
			*list[i].text = text_printable(text, NOTE_MAX);
	}
}

static int parse_root(struct json_object *root, struct oci_manifest *manifest, struct error *error)
{
	const char *type = json_member_text(root, "mediaType", TYPE_MAX);
	const char *artifact = json_member_text(root, "artifactType", TYPE_MAX);
	struct json_object *config = NULL, *version = NULL;

	if (type && !text_equal(type, OCI_MANIFEST_TYPE)) {
		cleanup(free_string) char *shown = text_printable(type, TYPE_MAX);

		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
				 "The manifest is of another format (%s).", shown);
	}
	if (!json_object_object_get_ex(root, "schemaVersion", &version) ||
	    json_object_get_int(version) != 2)
		return not_ours("is of another format", error);
	if (!json_object_object_get_ex(root, "config", &config))
		return not_ours("has no config", error);
	manifest->artifact_type = artifact ? xstrdup(artifact) : NULL;
	if (parse_descriptor(config, &manifest->config, error) < 0 ||
	    parse_layers(root, manifest, error) < 0)
		return error->code;
	parse_notes(root, &manifest->notes);
	return 0;
}

int oci_manifest_parse(const char *text, size_t length, struct oci_manifest *ret_manifest,
		       struct error *error)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length,
									    OCI_MANIFEST_MAX);

	*ret_manifest = (struct oci_manifest){0};
	if (!root)
		return not_ours("is no JSON, or cut short", error);
	return parse_root(root, ret_manifest, error);
}

static int require_module(const struct oci_descriptor *layer, struct error *error)
{
	if (!text_equal(layer->type, DKMS_MODULE_TYPE)) {
		cleanup(free_string) char *shown = text_printable(layer->type, TYPE_MAX);

		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED, "A layer is no module but %s.",
				 shown);
	}
	if (!layer->title || !path_is_plain_name(layer->title))
		return not_ours("has a layer whose title is no name of a file", error);
	if (layer->size > OCI_MODULE_MAX)
		return not_ours("has a module that is larger than 512 MiB", error);
	return 0;
}

int oci_require_build(const struct oci_manifest *manifest, struct error *error)
{
	const struct oci_descriptor *last = manifest->layer_count
						    ? &manifest->layers[manifest->layer_count - 1]
						    : NULL;

	if ((manifest->artifact_type && !text_equal(manifest->artifact_type, DKMS_ARTIFACT_TYPE)) ||
	    !text_equal(manifest->config.type, DKMS_CONFIG_TYPE))
		return not_ours("does not describe a build of dkms", error);
	if (manifest->config.size > OCI_CONFIG_MAX)
		return not_ours("has a config that is larger than 4 MiB", error);
	if (!last || !text_equal(last->type, DKMS_SIGNATURE_TYPE))
		return not_ours("has no signature as its last layer", error);
	if (last->size > OCI_SIGNATURE_MAX)
		return not_ours("has a signature that is larger than 256 KiB", error);
	for (size_t i = 0; i + 1 < manifest->layer_count; i++)
		if (require_module(&manifest->layers[i], error) < 0)
			return error->code;
	return 0;
}

int oci_tags_parse(const char *text, size_t length, struct strv *tags, struct error *error)
{
	cleanup(json_release) struct json_object *root = json_parse_bounded(text, length,
									    OCI_CONFIG_MAX);
	struct json_object *list = NULL;

	if (!root || !json_object_object_get_ex(root, "tags", &list) ||
	    (list && !json_object_is_type(list, json_type_array)))
		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED, "This is no list of tags.");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *tag = json_object_is_type(item, json_type_string)
					  ? json_object_get_string(item)
					  : "";

		if (place_is_reference(tag))
			strv_add(tags, tag);
	}
	return 0;
}

char *oci_tags_print(const char *repository, const struct strv *tags)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set_text(root, "name", repository);
	json_set(root, "tags", json_new_list(tags));
	return json_print(root);
}
