/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/shadow.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

enum { MOST_PLACES = 16 };

struct search {
	const struct headers *headers;
	const struct strmap *read;
	char *places[MOST_PLACES]; /* directories of headers, by name, with a slash at the end */
	size_t place_count;
	struct strmap present; /* directory below them → whether it is there, as text */
};

/* "x86" from "srctree/arch/x86/include/asm/page.h", owned; NULL if nothing was read from there. */
static char *architecture_of(const struct strmap *read)
{
	STRMAP_FOREACH (header, read) {
		const char *arch = strstr(header->key, "tree/arch/");
		const char *end = arch ? strstr(arch, "/include/") : NULL;

		if (end)
			return xstrndup(arch + strlen("tree/arch/"),
					(size_t)(end - arch) - strlen("tree/arch/"));
	}
	return NULL;
}

static void add_places(struct search *search, const char *arch, const char *uapi)
{
	static const char *const trees[] = {"srctree", "objtree"};

	for (size_t i = 0; i < 2; i++)
		if (arch)
			search->places[search->place_count++] = text_format(
				"%s/arch/%s/include/%s%s", trees[i], arch, i ? "generated/" : "",
				uapi);
	for (size_t i = 0; i < 2; i++)
		search->places[search->place_count++] = text_format(
			"%s/include/%s%s", trees[i], i && *uapi ? "generated/" : "", uapi);
}

static struct search search_in(const struct headers *headers, const struct strmap *read)
{
	cleanup(free_string) char *arch = architecture_of(read);
	struct search search = {.headers = headers, .read = read};

	add_places(&search, arch, "");
	add_places(&search, arch, "uapi/");
	return search;
}

static void search_end(struct search *search)
{
	for (size_t i = 0; i < search->place_count; i++)
		free(search->places[i]);
	strmap_free(&search->present, NULL);
}

/* The last place that fits: "include/uapi/" is itself below "include/". */
static size_t place_of(const struct search *search, const char *name)
{
	size_t best = search->place_count;

	for (size_t i = 0; i < search->place_count; i++)
		if (text_starts_with(name, search->places[i]) &&
		    (best == search->place_count ||
		     strlen(search->places[i]) > strlen(search->places[best])))
			best = i;
	return best;
}

/* Most of the directories in which an earlier header could be are not there: each is asked once. */
static bool is_there(struct search *search, const char *name)
{
	cleanup(free_string) char *directory = path_parent(name);
	const char *known = strmap_get(&search->present, directory);

	if (!known) {
		cleanup(free_string) char *path = headers_path(search->headers, directory);

		known = file_is_directory(path) ? "yes" : "no";
		(void)strmap_set(&search->present, directory, (void *)known);
	}
	if (text_equal(known, "no"))
		return false;
	cleanup(free_string) char *path = headers_path(search->headers, name);

	return file_exists(path);
}

/* The name of one that is there and was not read; owned, or NULL. */
static char *find_before(struct search *search, const char *name)
{
	size_t place = place_of(search, name);

	if (place == search->place_count)
		return NULL;
	for (size_t i = 0; i < place; i++) {
		cleanup(free_string) char *earlier = text_format(
			"%s%s", search->places[i], name + strlen(search->places[place]));

		if (!strmap_get(search->read, earlier) && is_there(search, earlier))
			return TAKE(earlier);
	}
	return NULL;
}

char *shadow_find(const struct headers *headers, const struct strmap *read)
{
	cleanup(search_end) struct search search = search_in(headers, read);

	STRMAP_FOREACH (header, read) {
		cleanup(free_string) char *found = find_before(&search, header->key);

		if (found)
			return text_format("%s would be found before %s", found, header->key);
	}
	return NULL;
}

void shadow_note(const struct headers *headers, struct strmap *read)
{
	cleanup(search_end) struct search search = search_in(headers, read);

	/* Nothing is before what is added that is not before this header, too. */
	const size_t count = read->count;

	for (size_t i = 0; i < count; i++) {
		char *found;

		while ((found = find_before(&search, read->entries[i].key))) {
			(void)strmap_set(read, found, xstrdup(SHADOW_PASSED_OVER));
			free(found);
		}
	}
}
