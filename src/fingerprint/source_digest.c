/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/source_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "fingerprint/makefile.h"
#include "tree/layout.h"

enum { MOST_FILES = 500000, TEXT_LIMIT = 16 << 20 };

struct reading {
	struct digest_memo *memo;
	struct digest *digest;
	struct source_facts *facts;
	struct makefiles makefiles;
	const char *directory; /* that is read now … */
	const char *prefix;    /* … and as the digest calls it */
	size_t count;
	struct error *error;
};

static bool ends_with_one_of(const char *name, const char *const *suffixes)
{
	for (; *suffixes; suffixes++)
		if (text_ends_with(name, *suffixes))
			return true;
	return false;
}

/* A patch may put into a makefile what any makefile may hold. */
static bool is_makefile(const char *path)
{
	static const char *const suffixes[] = {".mk",   ".mak",    ".make", ".patch",
					       ".diff", ".kbuild", NULL};
	const char *name = path_basename(path);

	return strncasecmp(name, "makefile", 8) == 0 || text_starts_with(name, "GNUmakefile") ||
	       text_starts_with(name, "Kbuild") || text_starts_with(name, "Makefile") ||
	       ends_with_one_of(name, suffixes) || strstr(path, "/patches/");
}

static bool is_code(const char *path)
{
	static const char *const suffixes[] = {".c", ".h", ".S", ".inc", NULL};

	return ends_with_one_of(path, suffixes);
}

/* A confined worker reads makefiles; in code there is one word to look for. */
static void look_into(struct reading *reading, const struct walk_step *step, const char *shown)
{
	struct source_facts *facts = reading->facts;
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (!is_makefile(shown) && !is_code(shown))
		return;
	cleanup(close_fd) int fd = openat(step->parent, step->name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || file_read_opened(fd, shown, TEXT_LIMIT, &text, NULL, &ignored) < 0) {
		if (!facts->probing)
			facts->probing = text_format("%s cannot be looked at", shown);
	} else if (is_makefile(shown)) {
		makefiles_add(&reading->makefiles, shown, TAKE(text));
	} else if (!facts->probing && strstr(text, "__has_include")) {
		facts->probing = text_format("%s asks for __has_include", shown);
	}
}

static int add_entry(const struct walk_step *step)
{
	struct reading *reading = step->context;
	const mode_t type = step->info->st_mode & S_IFMT;
	cleanup(free_string) char *path = path_join(reading->directory, step->path, NULL);
	cleanup(free_string) char *shown = text_format("%s/%s", reading->prefix, step->path);
	cleanup(free_string) char *mode = NULL;
	char target[PATH_MAX] = "";
	const char *content = NULL;

	if (!step->depth)
		return 0;
	if (++reading->count > MOST_FILES)
		return error_set(reading->error, -EFBIG, 0, "%s holds too many files.",
				 reading->directory);
	if (type == S_IFREG) {
		if (memo_digest_at(reading->memo, step->parent, step->name, path, &content,
				   reading->error) < 0)
			return reading->error->code;
		look_into(reading, step, shown);
	} else if (type == S_IFLNK) {
		if (readlinkat(step->parent, step->name, target, sizeof(target) - 1) < 0)
			return error_errno(reading->error, -errno, 0, "Cannot read %s", path);
		content = target;
	}
	/* A link's mode means nothing. */
	mode = text_format("%o", type == S_IFLNK ? S_IFLNK : step->info->st_mode);
	digest_add_text(reading->digest, shown);
	digest_add_text(reading->digest, mode);
	digest_add_text(reading->digest, content);
	return 0;
}

/* Adds all below a directory (a link to one is followed), each as prefix/PATH. */
static int add_tree(struct reading *reading, const char *directory, const char *prefix,
		    struct error *error)
{
	const struct walk walk = {.file = add_entry,
				  .enter = add_entry,
				  .paths = true,
				  .sorted = true,
				  .context = reading};
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", directory);
	reading->directory = directory;
	reading->prefix = prefix;
	reading->error = error;
	int code = walk_tree(&walk, fd, ".", -1, NULL);

	return code < 0 && !error->code ? error_errno(error, code, 0, "Cannot read %s", directory)
					: code;
}

static int add_all(struct reading *reading, const struct settings *settings,
		   const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *directory = layout_source_directory(settings, id);
	/* A module that is not added yet will be added from there. */
	const char *source = file_is_directory(link) ? link : directory;
	cleanup(free_string) char *overrides = layout_override(settings, id->name, NULL);

	if (add_tree(reading, source, "source", error) < 0)
		return error->code;
	return file_is_directory(overrides) ? add_tree(reading, overrides, "overrides", error) : 0;
}

int source_facts_read(const struct settings *settings, const struct module_id *id,
		      struct digest_memo *memo, struct source_facts *ret_facts, struct error *error)
{
	struct source_facts facts = {0};
	struct reading reading = {.memo = memo, .digest = digest_new(), .facts = &facts};
	int code = add_all(&reading, settings, id, error);
	cleanup(free_string) char *digest = digest_finish(reading.digest);

	if (!code)
		code = makefiles_read(&reading.makefiles, &facts.words, &facts.probing, error);
	makefiles_free(&reading.makefiles);
	facts.digest = TAKE(digest);
	if (code < 0)
		source_facts_free(&facts);
	else
		*ret_facts = facts;
	return code;
}

void source_facts_free(struct source_facts *facts)
{
	free(facts->digest);
	free(facts->probing);
	strv_free(&facts->words);
	*facts = (struct source_facts){0};
}
