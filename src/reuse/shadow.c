/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/shadow.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"

enum { MOST_PLACES = 16 };

/* Directories of headers, by name, each with a slash at its end. */
struct places {
	char *items[MOST_PLACES];
	size_t count;
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

static void add_places(struct places *places, const char *arch, const char *uapi)
{
	static const char *const trees[] = {"srctree", "objtree"};

	for (size_t i = 0; i < 2; i++)
		if (arch)
			places->items[places->count++] = text_format("%s/arch/%s/include/%s%s",
								     trees[i], arch,
								     i ? "generated/" : "", uapi);
	for (size_t i = 0; i < 2; i++)
		places->items[places->count++] = text_format("%s/include/%s%s", trees[i],
							     i && *uapi ? "generated/" : "", uapi);
}

/* The last place that fits: "include/uapi/" is itself below "include/". */
static size_t place_of(const struct places *places, const char *name)
{
	size_t best = places->count;

	for (size_t i = 0; i < places->count; i++)
		if (text_starts_with(name, places->items[i]) &&
		    (best == places->count ||
		     strlen(places->items[i]) > strlen(places->items[best])))
			best = i;
	return best;
}

/* The name of one that is there and was not read; owned, or NULL. */
static char *find_before(const struct headers *headers, const struct strmap *read,
			 const struct places *places, const char *name)
{
	size_t place = place_of(places, name);

	if (place == places->count)
		return NULL;
	for (size_t i = 0; i < place; i++) {
		cleanup(free_string) char *earlier = text_format(
			"%s%s", places->items[i], name + strlen(places->items[place]));
		cleanup(free_string) char *path = headers_path(headers, earlier);

		if (!strmap_get(read, earlier) && file_exists(path))
			return TAKE(earlier);
	}
	return NULL;
}

/* The first that any header read has before it; *ret_name is that header. */
static char *find_first(const struct headers *headers, const struct strmap *read,
			const char **ret_name)
{
	cleanup(free_string) char *arch = architecture_of(read);
	struct places places = {0};
	char *found = NULL;

	add_places(&places, arch, "");
	add_places(&places, arch, "uapi/");
	STRMAP_FOREACH (header, read)
		if (!found) {
			found = find_before(headers, read, &places, header->key);
			*ret_name = header->key;
		}
	for (size_t i = 0; i < places.count; i++)
		free(places.items[i]);
	return found;
}

char *shadow_find(const struct headers *headers, const struct strmap *read)
{
	const char *name = NULL;
	cleanup(free_string) char *found = find_first(headers, read, &name);

	return found ? text_format("%s would be found before %s", found, name) : NULL;
}

void shadow_note(const struct headers *headers, struct strmap *read)
{
	const char *name;
	char *found;

	while ((found = find_first(headers, read, &name))) {
		(void)strmap_set(read, found, xstrdup(SHADOW_PASSED_OVER));
		free(found);
	}
}
