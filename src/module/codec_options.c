/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "module/codec.h"

/* Flags of the three programs that say nothing about the resulting bytes. */
static bool is_without_effect(const char *option)
{
	static const char *const names[] = {
		"--force", "--keep",    "--no-name",       "--quiet",
		"--rm",    "--verbose", "--single-thread", "--ultra",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(option, names[i]))
			return true;
	return text_starts_with(option, "--threads=");
}

/* Short flags in a row, "9f" or "T0". False for what is not understood. */
static bool parse_short(const struct codec *codec, const char *flags, struct codec_options *options)
{
	static const char digits[] = "0123456789";

	while (*flags) {
		size_t number = strspn(flags, digits);

		if (number > 2)
			return false;
		if (number > 0) {
			options->level = atoi(flags);
			flags += number;
		} else if (*flags == 'T') {
			flags += 1 + strspn(flags + 1, digits);
		} else if (strchr("fknqv", *flags)) {
			flags++;
		} else if (*flags == 'e' && codec == &codec_xz) {
			options->extreme = true;
			flags++;
		} else {
			return false;
		}
	}
	return true;
}

/* "1MiB", "512KiB", "64k", "65536"; 0 for what is no size. */
static uint64_t parse_size(const char *text)
{
	char *unit;
	unsigned long long number = strtoull(text, &unit, 10);

	if (unit == text || *text == '-' || number > UINT32_MAX)
		return 0;
	if (text_equal(unit, "KiB") || text_equal(unit, "K") || text_equal(unit, "k"))
		return number << 10;
	if (text_equal(unit, "MiB") || text_equal(unit, "M") || text_equal(unit, "m"))
		return number << 20;
	return *unit ? 0 : number;
}

static int parse_dictionary(const char *option, const char *size, struct codec_options *options,
			    struct error *error)
{
	const uint64_t smallest = 4096; /* what the format allows */
	uint64_t dictionary = parse_size(size);

	if (dictionary < smallest)
		return error_set(error, -EINVAL, 0, "xz option %s has no valid dictionary size.",
				 option);
	if (dictionary > XZ_DICTIONARY_MAX)
		return error_set(error, -EINVAL, 0,
				 "xz option %s: kernels read dictionaries of at most 1 MiB.",
				 option);
	options->dictionary = (uint32_t)dictionary;
	return 0;
}

static int parse_check(const char *option, const char *name, struct codec_options *options,
		       struct error *error)
{
	if (!text_equal(name, "crc32") && !text_equal(name, "none"))
		return error_set(error, -EINVAL, 0,
				 "xz option %s: kernels know no check but crc32 (or none).",
				 option);
	options->check = text_equal(name, "crc32");
	return 0;
}

static int parse_option(const struct codec *codec, const char *option,
			struct codec_options *options, struct error *error)
{
	static const char check[] = "--check=";
	static const char dictionary[] = "--lzma2=dict=";
	bool xz = codec == &codec_xz;

	if (is_without_effect(option))
		return 0;
	if (xz && text_starts_with(option, check))
		return parse_check(option, option + strlen(check), options, error);
	if (xz && text_starts_with(option, dictionary))
		return parse_dictionary(option, option + strlen(dictionary), options, error);
	if (xz && text_equal(option, "--extreme"))
		return parse_option(codec, "-e", options, error);
	if (option[0] == '-' && option[1] && parse_short(codec, option + 1, options))
		return 0;
	return error_set(error, -EINVAL, 0, "%s option %s is not supported for modules.",
			 codec->program, option);
}

static int parse_all(const struct codec *codec, const char *text, struct codec_options *options,
		     struct error *error)
{
	cleanup(strv_free) struct strv words = {0};
	char *word;

	strv_split(&words, text ? text : "", " \t\n");
	STRV_FOREACH (word, &words)
		if (parse_option(codec, word, options, error) < 0)
			return error->code;
	if (options->level < codec->lowest_level || options->level > codec->highest_level)
		return error_set(error, -EINVAL, 0, "%s has no level %d.", codec->program,
				 options->level);
	return 0;
}

int codec_parse_options(const struct codec *codec, const char *text,
			struct codec_options *ret_options, struct error *error)
{
	struct codec_options options = {
		.level = codec->default_level,
		.check = true,
		.dictionary = XZ_DICTIONARY_MAX,
	};

	if (parse_all(codec, text, &options, error) < 0)
		return error_hint(error, "Correct compress_%s_opts in framework.conf.",
				  codec->program);
	*ret_options = options;
	return 0;
}
