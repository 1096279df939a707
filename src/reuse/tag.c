/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/tag.h"

#include <errno.h>

#include "base/digest.h"
#include "base/text.h"

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
