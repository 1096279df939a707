/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text with fields, "apt-get install {package}": what a table of sentences is made of. */
#pragma once

/* The value of a field, owned by the caller; NULL: not known. */
typedef char *template_value(const void *context, const char *field);

/*
 * The text with every {field} replaced, owned by the caller; NULL as soon as one is not known. A
 * field is letters and "_" between braces; any other brace is text.
 */
char *template_fill(const char *text, template_value *value, const void *context);
