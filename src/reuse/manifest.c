/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/manifest.h"

#include <errno.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

enum { FORMAT = 1, SIZE_LIMIT = 32 << 20 };

typedef struct json_object json_object_type;

static void release(json_object_type *object)
{
	(void)json_object_put(object);
}
DEFINE_CLEANUP(json_object_type *, release)

/* The members that are one text each; those that may be missing come last. */
struct text_member {
	const char *key;
	char **target;
	bool optional;
};

enum { TEXT_MEMBERS = 15 };

static void list_texts(struct manifest *manifest, struct text_member members[TEXT_MEMBERS])
{
	struct build_inputs *inputs = &manifest->inputs;
	const struct text_member all[TEXT_MEMBERS] = {
		{"module", &manifest->id.name, false},
		{"version", &manifest->id.version, false},
		{"kernel", &manifest->kernel.release, false},
		{"arch", &manifest->kernel.arch, false},
		{"source", &inputs->source, false},
		{"directives", &inputs->directives, false},
		{"compiler", &inputs->compiler, false},
		{"compiler path", &inputs->compiler_path, false},
		{"compiler wanted", &inputs->compiler_wanted, false},
		{"kernel build", &manifest->kernel_build, true},
		{"unfit", &manifest->unfit, true},
		{"probing", &inputs->probing, true},
		{"configuration", &manifest->configuration, true},
		{"machinery", &manifest->machinery, true},
		{"headers whole", &manifest->whole, true},
	};

	for (size_t i = 0; i < TEXT_MEMBERS; i++)
		members[i] = all[i];
}

static json_object_type *print_map(const struct strmap *map)
{
	json_object_type *object = json_checked(json_object_new_object());

	STRMAP_FOREACH (entry, map)
		json_set_text(object, entry->key, entry->value);
	return object;
}

static json_object_type *print_modules(const struct manifest *manifest)
{
	json_object_type *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < manifest->module_count; i++) {
		const struct manifest_module *module = &manifest->modules[i];
		json_object_type *object = json_checked(json_object_new_object());

		json_set_text(object, "name", module->name);
		json_set_text(object, "digest", module->digest);
		json_set_text(object, "vermagic", module->vermagic);
		if (module->location)
			json_set_text(object, "location", module->location);
		json_append(list, object);
	}
	return list;
}

char *manifest_print(const struct manifest *manifest)
{
	json_object_type *root = json_checked(json_object_new_object());
	struct text_member members[TEXT_MEMBERS];

	json_set(root, "format", json_checked(json_object_new_int(FORMAT)));
	list_texts((struct manifest *)manifest, members);
	for (size_t i = 0; i < TEXT_MEMBERS; i++)
		if (*members[i].target)
			json_set_text(root, members[i].key, *members[i].target);
	json_set(root, "modules", print_modules(manifest));
	if (manifest->symvers)
		json_set_text(root, "Module.symvers", manifest->symvers);
	json_set(root, "imports", print_map(&manifest->imports));
	json_set(root, "headers", print_map(&manifest->headers));
	return json_print(root);
}

static const char *get_text(json_object_type *object, const char *key)
{
	json_object_type *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool read_texts(json_object_type *root, struct manifest *manifest)
{
	struct text_member members[TEXT_MEMBERS];

	list_texts(manifest, members);
	for (size_t i = 0; i < TEXT_MEMBERS; i++) {
		const char *text = get_text(root, members[i].key);

		if (!text && !members[i].optional)
			return false;
		if (text)
			*members[i].target = xstrdup(text);
	}
	return true;
}

static bool read_map(json_object_type *root, const char *key, struct strmap *map)
{
	json_object_type *object;

	if (!json_object_object_get_ex(root, key, &object) ||
	    !json_object_is_type(object, json_type_object))
		return false;
	json_object_object_foreach(object, name, value)
	{
		if (!json_object_is_type(value, json_type_string))
			return false;
		free(strmap_set(map, name, xstrdup(json_object_get_string(value))));
	}
	return true;
}

static bool read_modules(json_object_type *root, struct manifest *manifest)
{
	json_object_type *list;

	if (!json_object_object_get_ex(root, "modules", &list) ||
	    !json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object_type *object = json_object_array_get_idx(list, i);
		const char *name = get_text(object, "name");
		const char *digest = get_text(object, "digest");
		const char *vermagic = get_text(object, "vermagic");

		/* The name becomes a path. */
		if (!name || !digest || !vermagic || !path_is_plain_name(name) ||
		    strlen(digest) != DIGEST_LENGTH)
			return false;
		text_assign(&manifest_add_module(manifest, xstrdup(name), xstrdup(digest),
						 xstrdup(vermagic))
				     ->location,
			    get_text(object, "location"));
	}
	return manifest->module_count > 0;
}

static bool read_members(json_object_type *root, struct manifest *manifest)
{
	const char *symvers = get_text(root, "Module.symvers");

	if (symvers)
		manifest->symvers = xstrdup(symvers);
	return read_texts(root, manifest) && read_modules(root, manifest) &&
	       read_map(root, "imports", &manifest->imports) &&
	       read_map(root, "headers", &manifest->headers);
}

static json_object_type *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object_type *root;

	if (!tokener)
		abort();
	root = json_tokener_parse_ex(tokener, text, (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(root, json_type_object)) {
		(void)json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int manifest_read(const char *path, struct manifest **ret_manifest, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	size_t length;

	if (file_read(path, SIZE_LIMIT, &text, &length, error) < 0)
		return error->code;
	return manifest_parse(text, length, path, ret_manifest, error);
}

int manifest_parse(const char *text, size_t length, const char *path,
		   struct manifest **ret_manifest, struct error *error)
{
	cleanup(manifest_free_handler) struct manifest *manifest = NEW(struct manifest);
	cleanup(release_handler) json_object_type *root = parse(text, length);
	json_object_type *format;

	if (!root || !json_object_object_get_ex(root, "format", &format))
		return error_set(error, -EBADMSG, 0, "%s is damaged or cut short.", path);
	if (json_object_get_int(format) != FORMAT)
		return error_set(error, -EPROTONOSUPPORT, 0, "%s was written by another dkms.",
				 path);
	if (!read_members(root, manifest))
		return error_set(error, -EBADMSG, 0, "%s is damaged or cut short.", path);
	*ret_manifest = TAKE(manifest);
	return 0;
}

struct manifest_module *manifest_add_module(struct manifest *manifest, char *name, char *digest,
					    char *vermagic)
{
	struct manifest_module *module = ARRAY_ADD(manifest->modules, manifest->module_count);

	*module = (struct manifest_module){name, digest, vermagic, NULL};
	return module;
}

void manifest_free(struct manifest *manifest)
{
	module_id_free(&manifest->id);
	kernel_id_free(&manifest->kernel);
	build_inputs_free(&manifest->inputs);
	strmap_free(&manifest->headers, free);
	strmap_free(&manifest->imports, free);
	for (size_t i = 0; i < manifest->module_count; i++) {
		free(manifest->modules[i].name);
		free(manifest->modules[i].digest);
		free(manifest->modules[i].vermagic);
		free(manifest->modules[i].location);
	}
	free(manifest->modules);
	free(manifest->kernel_build);
	free(manifest->unfit);
	free(manifest->configuration);
	free(manifest->machinery);
	free(manifest->whole);
	free(manifest->symvers);
	free(manifest);
}
