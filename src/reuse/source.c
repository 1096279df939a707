/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/source.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "reuse/makefile.h"
#include "tree/layout.h"

enum { MOST_FILES = 500000, TEXT_LIMIT = 16 << 20 };

typedef FTS file_walk;
DEFINE_CLEANUP(file_walk *, fts_close)

struct reading {
	struct digest_memo *memo;
	struct digest *digest;
	struct source_facts *facts;
	struct strmap words;
	size_t count;
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

static void look_into(struct reading *reading, const char *path, const char *shown)
{
	struct source_facts *facts = reading->facts;
	cleanup(free_string) char *text = NULL;
	struct error ignored = {0};

	if (!is_makefile(path) && !is_code(path))
		return;
	if (file_read_nofollow(path, TEXT_LIMIT, &text, NULL, &ignored) < 0) {
		error_clear(&ignored);
		if (!facts->probing)
			facts->probing = text_format("%s cannot be looked at", shown);
	} else if (!is_makefile(path)) {
		if (!facts->probing && strstr(text, "__has_include"))
			facts->probing = text_format("%s asks for __has_include", shown);
	} else {
		makefile_add_words(text, &reading->words);
		if (!facts->probing)
			facts->probing = makefile_probing(text, shown);
	}
}

static int add_entry(struct reading *reading, const FTSENT *entry, const char *shown,
		     struct error *error)
{
	const struct stat *status = entry->fts_statp;
	const char *content = NULL;
	cleanup(free_string) char *target = NULL, *mode = NULL;

	if (entry->fts_info == FTS_F) {
		if (memo_digest(reading->memo, entry->fts_path, &content, error) < 0)
			return error->code;
		look_into(reading, entry->fts_path, shown);
	} else if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE) {
		target = file_readlink(entry->fts_path);
	}
	/* A link's mode means nothing. */
	mode = text_format("%o", target ? S_IFLNK : status->st_mode);
	digest_add_text(reading->digest, shown);
	digest_add_text(reading->digest, mode);
	digest_add_text(reading->digest, content ? content : target);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Adds all below a directory (a link to one is followed), each as prefix/PATH. */
static int add_tree(struct reading *reading, const char *directory, const char *prefix,
		    struct error *error)
{
	char *const paths[] = {(char *)directory, NULL};
	cleanup(fts_close_handler)
		FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	const FTSENT *entry;

	if (!walk)
		return error_errno(error, -errno, 0, "Cannot read %s", directory);
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS)
			return error_errno(error, -entry->fts_errno, 0, "Cannot read %s",
					   entry->fts_path);
		if (entry->fts_level == 0 || entry->fts_info == FTS_DP)
			continue;
		cleanup(free_string) char *shown = text_format("%s%s", prefix,
							       entry->fts_path + strlen(directory));

		if (++reading->count > MOST_FILES)
			return error_set(error, -EFBIG, 0, "%s holds too many files.", directory);
		if (add_entry(reading, entry, shown, error) < 0)
			return error->code;
	}
	return 0;
}

static int add_all(struct reading *reading, const struct settings *settings,
		   const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *directory = layout_source_directory(settings, id);
	/* What is not added yet will be added from there. */
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

	STRMAP_FOREACH (word, &reading.words)
		strv_add(&facts.words, word->key);
	strv_sort(&facts.words);
	strmap_free(&reading.words, NULL);
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
