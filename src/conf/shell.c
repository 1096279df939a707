/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/shell.h"

#include <stdlib.h>
#include <string.h>

enum {
	STEP_LIMIT = 2 * 1000 * 1000,
	BYTES_PER_STEP = 64,
	ARENA_LIMIT = 64 * 1024 * 1024,
};

void shell_init(struct shell *shell, struct arena *arena)
{
	*shell = (struct shell){.arena = arena};
	variables_init(&shell->variables, arena);
}

void shell_free(struct shell *shell)
{
	variables_free(&shell->variables);
	strmap_free(&shell->functions, NULL);
	strv_free(&shell->arguments);
}

static bool stop(struct shell *shell, enum stop kind, const char *reason)
{
	if (shell->flow != FLOW_STOP) {
		shell->flow = FLOW_STOP;
		shell->stop = kind;
		shell->stop_reason = reason;
		shell->stop_file = shell->variables.file;
		shell->stop_line = shell->variables.line;
	}
	return false;
}

bool shell_give_up(struct shell *shell, const char *reason)
{
	return stop(shell, STOP_UNSUPPORTED, reason);
}

bool shell_steps(struct shell *shell, size_t length)
{
	shell->steps += 1 + length / BYTES_PER_STEP;
	if (shell->steps > STEP_LIMIT)
		return stop(shell, STOP_LIMIT, "this does not end, or takes too many operations");
	if (shell->arena->used > ARENA_LIMIT)
		return stop(shell, STOP_LIMIT, "this takes too much memory");
	return !shell_stopped(shell);
}

bool shell_step(struct shell *shell)
{
	return shell_steps(shell, 0);
}

static const char *locale_of(const char *category)
{
	const char *name = getenv("LC_ALL");

	if (!name || !*name)
		name = getenv(category);
	if (!name || !*name)
		name = getenv("LANG");
	return name && *name ? name : "C";
}

bool shell_is_plain_text(const char *text)
{
	size_t length = strlen(text);
	uint64_t bits = 0;

	/* Eight bytes at a time: whole kernel configurations come here. */
	for (; length >= sizeof(bits); length -= sizeof(bits), text += sizeof(bits)) {
		uint64_t bytes;

		memcpy(&bytes, text, sizeof(bytes));
		bits |= bytes;
	}
	for (; *text; text++)
		bits |= (unsigned char)*text;
	return !(bits & 0x8080808080808080U);
}

bool shell_has_plain_order(void)
{
	const char *name = locale_of("LC_COLLATE");

	return strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 || text_starts_with(name, "C.");
}

bool shell_has_plain_case(void)
{
	const char *name = locale_of("LC_CTYPE");

	return !text_starts_with(name, "tr") && !text_starts_with(name, "az") &&
	       !text_starts_with(name, "crh") && !text_starts_with(name, "ku");
}
