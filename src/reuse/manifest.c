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

enum {
	FORMAT = 1,
	SIZE_LIMIT = 32 << 20,
	PULLED_FORMAT = 1,
	PULLED_LIMIT = 64 << 10,
};

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

static struct json_object *print_map(const struct strmap *map)
{
	struct json_object *object = json_checked(json_object_new_object());

	STRMAP_FOREACH (entry, map)
		json_set_text(object, entry->key, entry->value);
	return object;
}

static struct json_object *print_modules(const struct manifest *manifest)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < manifest->module_count; i++) {
		const struct manifest_module *module = &manifest->modules[i];
		struct json_object *object = json_checked(json_object_new_object());

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
	struct json_object *root = json_checked(json_object_new_object());
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

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool read_texts(struct json_object *root, struct manifest *manifest)
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

static bool read_map(struct json_object *root, const char *key, struct strmap *map)
{
	struct json_object *object;

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

static bool read_modules(struct json_object *root, struct manifest *manifest)
{
	struct json_object *list;

	if (!json_object_object_get_ex(root, "modules", &list) ||
	    !json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *object = json_object_array_get_idx(list, i);
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

static bool read_members(struct json_object *root, struct manifest *manifest)
{
	const char *symvers = get_text(root, "Module.symvers");

	if (symvers)
		manifest->symvers = xstrdup(symvers);
	return read_texts(root, manifest) && read_modules(root, manifest) &&
	       read_map(root, "imports", &manifest->imports) &&
	       read_map(root, "headers", &manifest->headers);
}

static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root;

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
	cleanup(json_release) struct json_object *root = parse(text, length);
	struct json_object *format;

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

void pulled_free(struct pulled *pulled)
{
	free(pulled->remote);
	free(pulled->tag);
	free(pulled->digest);
	free(pulled->publisher);
	free(pulled->key_id);
	strv_free(&pulled->verified);
	free(pulled);
}

enum { PULLED_TEXTS = 5 };

struct pulled_text {
	const char *key;
	char **target;
};

static void list_pulled_texts(struct pulled *pulled, struct pulled_text members[PULLED_TEXTS])
{
	const struct pulled_text all[PULLED_TEXTS] = {
		{"remote", &pulled->remote}, {"tag", &pulled->tag},
		{"digest", &pulled->digest}, {"publisher", &pulled->publisher},
		{"key_id", &pulled->key_id},
	};

	for (size_t i = 0; i < PULLED_TEXTS; i++)
		members[i] = all[i];
}

int pulled_write(const char *directory, const struct pulled *pulled, struct error *error)
{
	cleanup(free_string) char *path = path_join(directory, PULLED_NAME, NULL);
	struct json_object *root = json_checked(json_object_new_object());
	struct pulled_text members[PULLED_TEXTS];

	list_pulled_texts((struct pulled *)pulled, members);
	json_set(root, "format", json_checked(json_object_new_int(PULLED_FORMAT)));
	for (size_t i = 0; i < PULLED_TEXTS; i++)
		json_set_text(root, members[i].key, *members[i].target);
	json_set(root, "verified", json_new_list(&pulled->verified));
	cleanup(free_string) char *text = json_print(root);

	return file_write_unsynced(path, text, strlen(text), 0644, error);
}

static const char *text_of(struct json_object *object)
{
	return json_object_is_type(object, json_type_string) ? json_object_get_string(object)
							     : NULL;
}

static bool take_pulled(struct json_object *root, struct pulled *pulled)
{
	struct pulled_text members[PULLED_TEXTS];
	struct json_object *value;

	list_pulled_texts(pulled, members);
	for (size_t i = 0; i < PULLED_TEXTS; i++) {
		if (!json_object_object_get_ex(root, members[i].key, &value) || !text_of(value))
			return false;
		*members[i].target = xstrdup(text_of(value));
	}
	if (!json_object_object_get_ex(root, "verified", &value) ||
	    !json_object_is_type(value, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *text = text_of(json_object_array_get_idx(value, i));

		if (!text)
			return false;
		strv_add(&pulled->verified, text);
	}
	return true;
}

int pulled_read(const char *directory, struct pulled **ret_pulled, struct error *error)
{
	cleanup(free_string) char *path = path_join(directory, PULLED_NAME, NULL);
	cleanup(pulled_free_handler) struct pulled *pulled = NEW(struct pulled);
	cleanup(free_string) char *text = NULL;

	if (file_read_nofollow(path, PULLED_LIMIT, &text, NULL, error) < 0)
		return error->code;
	cleanup(json_release) struct json_object *root = json_tokener_parse(text);

	if (!root || !json_object_is_type(root, json_type_object) || !take_pulled(root, pulled))
		return error_set(error, -EBADMSG, 0, "%s is damaged or cut short.", path);
	*ret_pulled = TAKE(pulled);
	return 0;
}

/* The word in front tells the kinds apart, and what a later version may compute otherwise. */
static char *make_tag(const char *word, const char *first, const char *second,
		      const struct kernel_id *kernel, const char *kernel_build)
{
	struct digest *digest = digest_new();

	digest_add_text(digest, word);
	digest_add_text(digest, first);
	digest_add_text(digest, second);
	digest_add_text(digest, kernel->release);
	digest_add_text(digest, kernel_build);
	digest_add_text(digest, kernel->arch);
	cleanup(free_string) char *text = digest_finish(digest);

	return text_format("%s-%s", word, text);
}

char *tag_of_source(const struct build_inputs *inputs, const struct kernel_id *kernel,
		    const char *kernel_build)
{
	return make_tag("b1", inputs->source, inputs->directives, kernel, kernel_build);
}

char *tag_of_name(const struct module_id *id, const struct kernel_id *kernel,
		  const char *kernel_build)
{
	return make_tag("n1", id->name, id->version, kernel, kernel_build);
}

char *tag_of_publisher(const char *tag, const char *key_id)
{
	return text_format("%s.%s", tag, key_id);
}

int tags_of_manifest(const struct manifest *manifest, const char *key_id, struct strv *tags,
		     struct error *error)
{
	const struct module_id *id = &manifest->id;
	const struct kernel_id *kernel = &manifest->kernel;

	if (!manifest->kernel_build)
		return error_set(
			error, -ENODATA, 0,
			"The build of %s/%s for kernel %s does not say which build of the "
			"kernel it is for.\n"
			"An earlier dkms made it. Build it again: dkms build --force %s/%s "
			"-k %s/%s",
			id->name, id->version, kernel->release, id->name, id->version,
			kernel->release, kernel->arch);
	cleanup(free_string) char *source = tag_of_source(&manifest->inputs, kernel,
							  manifest->kernel_build);
	cleanup(free_string) char *name = tag_of_name(id, kernel, manifest->kernel_build);

	strv_add_owned(tags, tag_of_publisher(source, key_id));
	strv_add_owned(tags, tag_of_publisher(name, key_id));
	strv_add(tags, source);
	strv_add(tags, name);
	return 0;
}
