/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/headers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

static const char object_prefix[] = "objtree/";
static const char source_prefix[] = "srctree/";

enum { MAKEFILE_LIMIT = 1 << 20 };

/* The directory of a makefile that the object tree's includes, or NULL. */
static char *included_tree(const char *object_tree)
{
	cleanup(free_string) char *path = path_join(object_tree, "Makefile", NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, MAKEFILE_LIMIT);

	if (!text)
		return NULL;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!text_starts_with(line, "include ") || strchr("$", line[8]))
			continue;
		cleanup(free_string) char *file = xstrndup(line + 8, strcspn(line + 8, " \t\r\n"));
		cleanup(free_string) char *directory = path_parent(file);

		if (!text_equal(path_basename(file), "Makefile"))
			continue;
		return *directory == '/' ? TAKE(directory)
					 : path_join(object_tree, directory, NULL);
	}
	return NULL;
}

static char *real_or_same(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

struct headers *headers_open(const struct kernel *kernel, struct digest_memo *memo)
{
	struct headers *headers = NEW(struct headers);

	headers->kernel = kernel;
	headers->memo = memo;
	headers->object_tree = xstrdup(kernel->source_directory);
	headers->real_object_tree = real_or_same(headers->object_tree);
	headers->source_tree = included_tree(headers->real_object_tree);
	if (!headers->source_tree)
		headers->source_tree = xstrdup(headers->real_object_tree);
	headers->real_source_tree = real_or_same(headers->source_tree);
	return headers;
}

void headers_free(struct headers *headers)
{
	free(headers->object_tree);
	free(headers->real_object_tree);
	free(headers->source_tree);
	free(headers->real_source_tree);
	free(headers->configuration);
	free(headers->machinery);
	free(headers->whole);
	if (headers->symvers)
		symvers_free(headers->symvers);
	free(headers->symvers);
	free(headers);
}

/* prefix + what is below the directory; NULL if path is not below it. */
static char *name_below(const char *path, const char *directory, const char *prefix)
{
	if (!path_is_within(path, directory) || text_equal(path, directory))
		return NULL;
	return text_format("%s%s", prefix, path + strlen(directory) + 1);
}

static char *name_of_spelling(const struct headers *headers, const char *path)
{
	const struct {
		const char *directory, *prefix;
	} trees[] = {
		{headers->source_tree, source_prefix},
		{headers->real_source_tree, source_prefix},
		{headers->object_tree, object_prefix},
		{headers->real_object_tree, object_prefix},
	};
	/* Where both are one directory, it is the object tree. */
	bool one = text_equal(headers->real_source_tree, headers->real_object_tree);

	for (size_t i = one ? 2 : 0; i < sizeof(trees) / sizeof(*trees); i++) {
		char *name = name_below(path, trees[i].directory, trees[i].prefix);

		if (name)
			return name;
	}
	return NULL;
}

char *headers_name(const struct headers *headers, const char *path)
{
	cleanup(free_string) char *plain = path_normalize(path);
	char *name = name_of_spelling(headers, plain ? plain : path);

	if (name)
		return name;
	cleanup(free_string) char *real = realpath(path, NULL);

	name = real ? name_of_spelling(headers, real) : NULL;
	return name ? name : xstrdup(plain ? plain : path);
}

char *headers_path(const struct headers *headers, const char *name)
{
	if (text_starts_with(name, object_prefix))
		return path_join(headers->real_object_tree, name + strlen(object_prefix), NULL);
	if (text_starts_with(name, source_prefix))
		return path_join(headers->real_source_tree, name + strlen(source_prefix), NULL);
	return xstrdup(name);
}

int headers_digest(struct headers *headers, const char *name, const char **ret_digest,
		   struct error *error)
{
	cleanup(free_string) char *path = headers_path(headers, name);

	return memo_digest_public(headers->memo, path, ret_digest, error);
}

int headers_symvers(struct headers *headers, const struct symvers **ret_symvers,
		    struct error *error)
{
	cleanup(free_string) char *path = headers_path(headers, "objtree/Module.symvers");

	if (!headers->symvers) {
		struct symvers *symvers = NEW(struct symvers);

		if (symvers_read(symvers, path, error) < 0) {
			symvers_free(symvers);
			free(symvers);
			return error->code;
		}
		headers->symvers = symvers;
	}
	*ret_symvers = headers->symvers;
	return 0;
}

int headers_take_symvers(struct headers *headers, const char *path, const char *text, size_t length,
			 struct error *error)
{
	struct symvers *symvers = NEW(struct symvers);

	if (symvers_parse(symvers, path, text, length, error) < 0) {
		symvers_free(symvers);
		free(symvers);
		return error->code;
	}
	if (headers->symvers)
		symvers_free(headers->symvers);
	free(headers->symvers);
	headers->symvers = symvers;
	return 0;
}

bool headers_is_naming(const char *name)
{
	static const char *const names[] = {
		"objtree/include/generated/utsrelease.h", "objtree/include/generated/compile.h",
		"objtree/include/generated/utsversion.h", "objtree/include/generated/package.h",
		"objtree/include/config/kernel.release",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

/* Frees *text. */
static void replace_all(char **text, const char *old, const char *new)
{
	char *result = text_replaced(*text, old, new);

	free(*text);
	*text = result;
}

char *headers_neutral_text(const struct headers *headers, const char *text)
{
	char *neutral = xstrdup(text);

	/* First as the kernel spells it: that is the same where there are no headers. */
	replace_all(&neutral, headers->object_tree, "<objtree>");
	replace_all(&neutral, headers->real_source_tree, "<srctree>");
	replace_all(&neutral, headers->source_tree, "<srctree>");
	replace_all(&neutral, headers->real_object_tree, "<objtree>");
	replace_all(&neutral, headers->kernel->id.release, "<release>");
	return neutral;
}
