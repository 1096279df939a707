/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/openssl.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/text.h"

int openssl_error(struct error *error, int code, const char *format, ...)
{
	unsigned long first = ERR_peek_error();
	const char *reason = first ? ERR_reason_error_string(first) : NULL;
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *message = text_vformat(format, arguments);
	va_end(arguments);
	ERR_clear_error();
	if (!reason)
		return error_set(error, code, 0, "%s.", message);
	return error_set(error, code, 0, "%s: OpenSSL says \"%s\".", message, reason);
}

struct unlock unlock_from_environment(void)
{
	const char *pin = getenv("KBUILD_SIGN_PIN");

	return (struct unlock){.pin = text_empty(pin) ? NULL : pin};
}
