/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols of a module as the answer of a confined worker: one block of texts, and places in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "module/symbols.h"

#define TEXTS_MAX ((size_t)64 << 20)
#define MOST      ((uint64_t)1 << 20) /* symbols of a kind */
#define NO_TEXT   UINT64_MAX

enum { HAS_CRC = 1, WEAK = 2, GPL_ONLY = 4 };

static void put_text(struct answer *answer, struct buffer *texts, const char *text)
{
	answer_put_number(answer, text ? texts->length : NO_TEXT);
	if (text)
		buffer_add(texts, text, strlen(text) + 1);
}

void module_symbols_put(struct answer *answer, const struct module_symbols *symbols)
{
	cleanup(buffer_free) struct buffer texts = {0};

	answer_put_number(answer, symbols->import_count);
	for (size_t i = 0; i < symbols->import_count; i++) {
		const struct module_import *import = &symbols->imports[i];

		put_text(answer, &texts, import->name);
		answer_put_number(answer, import->crc);
		answer_put_number(answer,
				  (import->has_crc ? HAS_CRC : 0) | (import->weak ? WEAK : 0));
	}
	answer_put_number(answer, symbols->export_count);
	for (size_t i = 0; i < symbols->export_count; i++) {
		const struct module_export *export = &symbols->exports[i];

		put_text(answer, &texts, export->name);
		put_text(answer, &texts, export->namespace);
		answer_put_number(answer, export->crc);
		answer_put_number(answer, (export->has_crc ? HAS_CRC : 0) |
						  (export->gpl_only ? GPL_ONLY : 0));
	}
	answer_put_number(answer, symbols->namespace_count);
	for (size_t i = 0; i < symbols->namespace_count; i++)
		put_text(answer, &texts, symbols->namespaces[i]);
	answer_put_number(answer, symbols->has_versions);
	answer_put_number(answer, symbols->has_layout_crc);
	answer_put_number(answer, symbols->layout_crc);
	answer_put_number(answer, symbols->is_module);
	answer_put_number(answer, symbols->in_tree);
	put_text(answer, &texts, symbols->name);
	put_text(answer, &texts, symbols->vermagic);
	put_text(answer, &texts, symbols->license);
	put_text(answer, &texts, symbols->depends);
	answer_put_bytes(answer, texts.data ? texts.data : "", texts.length);
}

/* Takes values until one does not fit, and remembers that. */
struct taker {
	struct answer *answer;
	bool wrong;
};

static uint64_t take_number(struct taker *taker, uint64_t most)
{
	uint64_t number = 0;

	if (taker->wrong || answer_number(taker->answer, &number) < 0 || number > most) {
		taker->wrong = true;
		return 0;
	}
	return number;
}

/* The place of a text, not yet known to be one, as a pointer: settle() makes it good. */
static const char *take_place(struct taker *taker)
{
	uint64_t place = take_number(taker, NO_TEXT);

	return place == NO_TEXT || place > TEXTS_MAX ? NULL : (const char *)(uintptr_t)(place + 1);
}

/* Behind the block there is a NUL: every place in it is a text. */
static bool settle(const char **text, const char *block, size_t length)
{
	uintptr_t place = (uintptr_t)*text;

	if (!place)
		return true;
	if (place > length)
		return false;
	*text = block + place - 1;
	return true;
}

static void take_imports(struct taker *taker, struct module_symbols *symbols)
{
	uint64_t count = take_number(taker, MOST);

	symbols->imports = xreallocarray(NULL, count + 1, sizeof(*symbols->imports));
	for (uint64_t i = 0; i < count && !taker->wrong; i++) {
		const char *name = take_place(taker);
		uint32_t crc = (uint32_t)take_number(taker, UINT32_MAX);
		uint64_t flags = take_number(taker, HAS_CRC | WEAK);

		symbols->imports[symbols->import_count++] = (struct module_import){
			name, crc, (flags & HAS_CRC) != 0, (flags & WEAK) != 0};
	}
}

static void take_exports(struct taker *taker, struct module_symbols *symbols)
{
	uint64_t count = take_number(taker, MOST);

	symbols->exports = xreallocarray(NULL, count + 1, sizeof(*symbols->exports));
	for (uint64_t i = 0; i < count && !taker->wrong; i++) {
		const char *name = take_place(taker);
		const char *namespace = take_place(taker);
		uint32_t crc = (uint32_t)take_number(taker, UINT32_MAX);
		uint64_t flags = take_number(taker, HAS_CRC | GPL_ONLY);

		symbols->exports[symbols->export_count++] = (struct module_export){
			name, namespace, crc, (flags & HAS_CRC) != 0, (flags & GPL_ONLY) != 0};
	}
}

static void take_rest(struct taker *taker, struct module_symbols *symbols)
{
	uint64_t count = take_number(taker, MOST);

	symbols->namespaces = xreallocarray(NULL, count + 1, sizeof(*symbols->namespaces));
	for (uint64_t i = 0; i < count && !taker->wrong; i++)
		symbols->namespaces[symbols->namespace_count++] = take_place(taker);
	symbols->has_versions = take_number(taker, 1);
	symbols->has_layout_crc = take_number(taker, 1);
	symbols->layout_crc = (uint32_t)take_number(taker, UINT32_MAX);
	symbols->is_module = take_number(taker, 1);
	symbols->in_tree = take_number(taker, 1);
	symbols->name = take_place(taker);
	symbols->vermagic = take_place(taker);
	symbols->license = take_place(taker);
	symbols->depends = take_place(taker);
}

/* Every name that must be there is. */
static bool settle_all(struct module_symbols *symbols, size_t length)
{
	const char *block = symbols->data;
	bool good = settle(&symbols->name, block, length) &&
		    settle(&symbols->vermagic, block, length) &&
		    settle(&symbols->license, block, length) &&
		    settle(&symbols->depends, block, length);

	for (size_t i = 0; good && i < symbols->import_count; i++)
		good = symbols->imports[i].name && settle(&symbols->imports[i].name, block, length);
	for (size_t i = 0; good && i < symbols->export_count; i++)
		good = symbols->exports[i].name && symbols->exports[i].namespace &&
		       settle(&symbols->exports[i].name, block, length) &&
		       settle(&symbols->exports[i].namespace, block, length);
	for (size_t i = 0; good && i < symbols->namespace_count; i++)
		good = symbols->namespaces[i] && settle(&symbols->namespaces[i], block, length);
	return good;
}

int module_symbols_take(struct answer *answer, struct module_symbols *ret_symbols)
{
	cleanup(module_symbols_free) struct module_symbols symbols = {0};
	struct taker taker = {.answer = answer};
	size_t length;

	take_imports(&taker, &symbols);
	take_exports(&taker, &symbols);
	take_rest(&taker, &symbols);
	if (taker.wrong || answer_bytes(answer, &symbols.data, &length, TEXTS_MAX) < 0 ||
	    !settle_all(&symbols, length))
		return -EPROTO;
	*ret_symbols = symbols;
	symbols = (struct module_symbols){0};
	return 0;
}
