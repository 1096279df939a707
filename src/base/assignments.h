/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of shell assignments: os-release(5), /etc/sysconfig/NAME, Gentoo's make.conf. They are
 * read, not run: NAME=value at the start of a line (perhaps after "export"), with single quotes,
 * double quotes, which may span lines, and backslashes. Other lines are skipped.
 */
#pragma once

#include <stdbool.h>

/*
 * The value of the last assignment to name, owned by the caller. NULL if there is none, or if the
 * value needs a shell ($ or ` outside of single quotes) or never ends.
 */
char *assignments_value(const char *text, const char *name);

/*
 * True if the text is nothing but comments and plain assignments: no expansion, no pattern, no
 * command. Any shell takes such values for just what is written, however often it evaluates
 * them.
 */
bool assignments_are_plain(const char *text);

/* assignments_value() of a file; NULL also if it cannot be read. */
char *assignments_read(const char *path, const char *name);
