/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "kernel/kernel.h"

/* Far above any real one: distributions' have some 300 KiB. */
static const size_t config_limit = 8UL << 20;

static const char prefix[] = "CONFIG_";

/* Takes quotes and the backslashes that kconfig puts before " and \ off, in place. */
static char *unquoted(char *value)
{
	char *end = value + strlen(value);

	if (end - value < 2 || *value != '"' || end[-1] != '"')
		return value;
	char *out = value;

	end[-1] = '\0';
	for (const char *in = value + 1; *in; in++) {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	*out = '\0';
	return value;
}

static void take_line(struct kernel_config *config, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals || !text_starts_with(line, prefix))
		return;
	*equals = '\0';
	(void)strmap_set(&config->values, line + sizeof(prefix) - 1, unquoted(equals + 1));
}

static void parse(struct kernel_config *config)
{
	char *line = config->text;

	while (*line) {
		char *end = line + strcspn(line, "\n");
		char *next = *end ? end + 1 : end;

		if (end > line && end[-1] == '\r')
			end--;
		*end = '\0';
		take_line(config, line);
		line = next;
	}
}

int kernel_config_load(struct kernel_config *config, const char *path, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (config->loaded)
		return 0;
	if (file_read(path, config_limit, &config->text, NULL, &failure) < 0) {
		if (failure.code != -ENOENT && failure.code != -ENOTDIR)
			return error_move(error, &failure);
	} else {
		parse(config);
	}
	config->loaded = true;
	return 0;
}

void kernel_config_free(struct kernel_config *config)
{
	strmap_free(&config->values, NULL);
	free(config->text);
	free(config);
}

int kernel_load_config(const struct kernel *kernel, struct error *error)
{
	if (kernel_config_load(kernel->config, kernel->config_path, error) < 0)
		return error_wrap(error, "The configuration of kernel %s", kernel->id.release);
	return 0;
}

const char *kernel_config_value(const struct kernel *kernel, const char *symbol)
{
	cleanup(error_clear) struct error ignored = {0};

	(void)kernel_load_config(kernel, &ignored);
	if (text_starts_with(symbol, prefix))
		symbol += sizeof(prefix) - 1;
	return strmap_get(&kernel->config->values, symbol);
}

bool kernel_config_is_yes(const struct kernel *kernel, const char *symbol)
{
	return text_equal(kernel_config_value(kernel, symbol), "y");
}
