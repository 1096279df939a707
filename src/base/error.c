/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void fill(struct error *error, int code, int exit_status, char *message)
{
	error->code = code < 0 ? code : -EINVAL;
	error->exit_status = exit_status;
	error->message = message;
}

int error_set(struct error *error, int code, int exit_status, const char *format, ...)
{
	va_list arguments;

	if (error->code)
		return error->code;
	va_start(arguments, format);
	fill(error, code, exit_status, text_vformat(format, arguments));
	va_end(arguments);
	return error->code;
}

int error_errno(struct error *error, int code, int exit_status, const char *format, ...)
{
	va_list arguments;

	if (error->code)
		return error->code;
	va_start(arguments, format);
	cleanup(free_string) char *what = text_vformat(format, arguments);
	va_end(arguments);
	fill(error, code, exit_status, text_format("%s: %s", what, strerror(-code)));
	return error->code;
}

int error_wrap(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *context = text_vformat(format, arguments);
	va_end(arguments);
	cleanup(free_string) char *old = TAKE(error->message);
	error->message = text_format("%s: %s", context, old ? old : "");
	return error->code;
}

int error_hint(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *hint = text_vformat(format, arguments);
	va_end(arguments);
	cleanup(free_string) char *old = TAKE(error->message);
	error->message = text_format("%s\n%s", old ? old : "", hint);
	return error->code;
}

int error_set_status(struct error *error, int exit_status)
{
	if (error->code && !error->exit_status)
		error->exit_status = exit_status;
	return error->code;
}

int error_exit_status(const struct error *error)
{
	if (!error->code)
		return 0;
	return error->exit_status ? error->exit_status : 1;
}

int error_move(struct error *destination, struct error *source)
{
	if (destination->code) {
		error_clear(source);
	} else {
		*destination = *source;
		*source = (struct error){0};
	}
	return destination->code;
}

int error_graver_status(int first, int second)
{
	bool passed_over = first == EXIT_EXCLUDED && second;

	return !first || passed_over ? second : first;
}

void error_clear(struct error *error)
{
	free(error->message);
	*error = (struct error){0};
}
