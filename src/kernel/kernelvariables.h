/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .kernelvariables: a make file that Debian puts beside a kernel's headers and that may say which
 * compiler built it. Only text is looked at, nothing is run: assignments (=, :=, ::=, ?=, with
 * override, export or private before), references to variables of the file or the environment,
 * $(if …). What stands between a conditional and its endif is passed over.
 */
#pragma once

/*
 * The value of a variable with blanks trimmed, owned by the caller. NULL if there is no such file
 * or variable, if it is empty, or if its value needs more of make than is understood here.
 */
char *kernelvariables_value(const char *path, const char *variable);
