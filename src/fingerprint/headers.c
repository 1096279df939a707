/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/headers.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

/* Digests that compare two kernels' headers where no list of files is known. */

enum { CONFIGURATION_LIMIT = 16 << 20, MOST_FILES = 1000000 };

typedef FTS file_walk;
DEFINE_CLEANUP(file_walk *, fts_close)

/* A kernel's own name, its salt, and which compiler made it: the compiler is compared by itself. */
static bool names_the_kernel(const char *line)
{
	static const char *const symbols[] = {"CONFIG_BUILD_SALT", "CONFIG_LOCALVERSION",
					      "CONFIG_CC_VERSION_TEXT"};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		const char *found = strstr(line, symbols[i]);

		if (found && strchr("= \"", found[strlen(symbols[i])]))
			return true;
	}
	/* "# Linux/x86 6.1.192 Kernel Configuration", "# CONFIG_X is not set" */
	return *line == '#' && !text_starts_with(line, "#define");
}

/* The lines of any of the configuration's forms that matter, in byte order. */
static int digest_configuration(int fd, const char *path, char **ret_digest, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(strv_free) struct strv lines = {0}, kept = {0};
	const char *line;

	if (file_read_opened(fd, path, CONFIGURATION_LIMIT, &text, NULL, error) < 0)
		return error->code;
	strv_split(&lines, text, "\r\n");
	STRV_FOREACH (line, &lines)
		if (!names_the_kernel(line))
			strv_add(&kept, line);
	strv_sort(&kept);
	cleanup(digest_free_handler) struct digest *digest = digest_new();

	STRV_FOREACH (line, &kept)
		digest_add_text(digest, line);
	*ret_digest = digest_finish(TAKE(digest));
	return 0;
}

static int configuration_of(struct headers *headers, const char *path, const char **ret_digest,
			    struct error *error)
{
	return memo_digest_by(headers->memo, DIGEST_CONFIGURATION, digest_configuration, path,
			      ret_digest, error);
}

int headers_configuration(struct headers *headers, const char **ret_digest, struct error *error)
{
	cleanup(free_string) char *path = headers_path(headers, "objtree/include/config/auto.conf");
	const char *digest;

	if (!headers->configuration) {
		if (configuration_of(headers, path, &digest, error) < 0)
			return error->code;
		headers->configuration = xstrdup(digest);
	}
	*ret_digest = headers->configuration;
	return 0;
}

/* A file that speaks of its kernel by name: Debian's makefile and variables. */
static int digest_neutral(const struct headers *headers, const char *path, char **ret_digest,
			  struct error *error)
{
	cleanup(free_string) char *text = NULL;

	if (file_read(path, CONFIGURATION_LIMIT, &text, NULL, error) < 0)
		return error->code;
	cleanup(free_string) char *neutral = headers_neutral_text(headers, text);

	*ret_digest = digest_of(neutral, strlen(neutral));
	return 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (text_equal(name, *names))
			return true;
	return false;
}

/*
 * True for a directory arch/A of the source tree, and all below it, if the object tree has other
 * architectures only. Debian's source trees hold every architecture, an object tree its own.
 */
static bool is_of_another_architecture(const struct headers *headers, const char *name)
{
	static const char prefix[] = "srctree/arch/";
	const char *below = name + strlen(prefix);

	if (!text_starts_with(name, prefix))
		return false;
	cleanup(free_string) char *all = path_join(headers->real_object_tree, "arch", NULL);
	cleanup(free_string) char *own = text_format("%s/%.*s", all, (int)strcspn(below, "/"),
						     below);

	return file_is_directory(all) && !file_is_directory(own);
}

/* Adds a file under its name, however it is to be looked at. */
static int add_file(struct headers *headers, struct digest *digest, const char *name,
		    const char *path, struct error *error)
{
	static const char *const neutral[] = {"objtree/Makefile", "objtree/.kernelvariables", NULL};
	static const char *const configurations[] = {"objtree/.config",
						     "objtree/include/config/auto.conf",
						     "objtree/include/generated/autoconf.h",
						     "objtree/include/generated/rustc_cfg", NULL};
	cleanup(free_string) char *own = NULL;
	const char *kept = NULL;
	int code;

	if (is_one_of(name, neutral))
		code = digest_neutral(headers, path, &own, error);
	else if (is_one_of(name, configurations))
		code = configuration_of(headers, path, &kept, error);
	else
		code = memo_digest(headers->memo, path, &kept, error);
	if (code < 0)
		return code;
	digest_add_text(digest, name);
	digest_add_text(digest, own ? own : kept);
	return 0;
}

/* Neither a kernel's image nor what it exports is a header; exports are compared one by one. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {"objtree/Module.symvers",
					    "objtree/System.map",
					    "objtree/vmlinux",
					    "objtree/.config.old",
					    "objtree/include/config/auto.conf.cmd",
					    NULL};

	return headers_is_naming(name) || is_one_of(name, names);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Adds every file below a tree's directory; what links lead to counts as being there. */
static int add_directory(struct headers *headers, struct digest *digest, const char *prefix,
			 const char *tree, const char *below, struct error *error)
{
	cleanup(free_string) char *top = path_join(tree, below, NULL);
	char *const paths[] = {top, NULL};
	cleanup(fts_close_handler) FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	size_t count = 0;

	if (!walk)
		return error_errno(error, -errno, 0, "Cannot read %s", top);
	while ((entry = fts_read(walk))) {
		cleanup(free_string) char *name = text_format("%s%s", prefix,
							      entry->fts_path + strlen(tree));

		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			return error_errno(error, -entry->fts_errno, 0, "Cannot read %s",
					   entry->fts_path);
		if (entry->fts_info == FTS_D && is_of_another_architecture(headers, name))
			(void)fts_set(walk, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F || is_left_out(name))
			continue;
		if (++count > MOST_FILES)
			return error_set(error, -EFBIG, 0, "%s holds too many files.", top);
		if (add_file(headers, digest, name, entry->fts_path, error) < 0)
			return error->code;
	}
	return 0;
}

int headers_whole(struct headers *headers, const char **ret_digest, struct error *error)
{
	cleanup(digest_free_handler) struct digest *digest = digest_new();
	bool two = !text_equal(headers->real_object_tree, headers->real_source_tree);

	if (!headers->whole) {
		if (add_directory(headers, digest, "objtree", headers->real_object_tree, "",
				  error) < 0 ||
		    (two && add_directory(headers, digest, "srctree", headers->real_source_tree, "",
					  error) < 0))
			return error->code;
		headers->whole = digest_finish(TAKE(digest));
	}
	*ret_digest = headers->whole;
	return 0;
}

/* Adds the files of a tree that match, which may be none. */
static int add_matching(struct headers *headers, struct digest *digest, const char *prefix,
			const char *tree, const char *pattern, struct error *error)
{
	cleanup(free_string) char *full = path_join(tree, pattern, NULL);
	cleanup(globfree) glob_t found = {0};

	if (glob(full, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		cleanup(free_string) char *name = text_format("%s%s", prefix, path + strlen(tree));

		if (file_is_regular(path) && !is_of_another_architecture(headers, name) &&
		    add_file(headers, digest, name, path, error) < 0)
			return error->code;
	}
	return 0;
}

static int add_machinery(struct headers *headers, struct digest *digest, const char *prefix,
			 const char *tree, struct error *error)
{
	static const char *const patterns[] = {
		"Makefile",         "Kbuild",
		".kernelvariables", "arch/*/Makefile*",
		"arch/*/*.lds",     "arch/*/tools/*",
		"certs/*",          "tools/objtool/*",
		"tools/build/*",    "tools/bpf/resolve_btfids/resolve_btfids",
	};
	cleanup(free_string) char *scripts = path_join(tree, "scripts", NULL);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (add_matching(headers, digest, prefix, tree, patterns[i], error) < 0)
			return error->code;
	if (!file_is_directory(scripts))
		return 0;
	return add_directory(headers, digest, prefix, tree, "scripts", error);
}

int headers_machinery(struct headers *headers, const char **ret_digest, struct error *error)
{
	cleanup(digest_free_handler) struct digest *digest = digest_new();
	bool two = !text_equal(headers->real_object_tree, headers->real_source_tree);

	if (!headers->machinery) {
		if (add_machinery(headers, digest, "objtree", headers->real_object_tree, error) <
			    0 ||
		    (two && add_machinery(headers, digest, "srctree", headers->real_source_tree,
					  error) < 0))
			return error->code;
		headers->machinery = digest_finish(TAKE(digest));
	}
	*ret_digest = headers->machinery;
	return 0;
}

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
