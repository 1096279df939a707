/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A probe as try-run asks it, without the shell, mkdir and rm that it takes for that. */
#pragma once

#include <stdbool.h>

#include "shim/question.h"

/*
 * Does what the shell of this process would do with the script of a probe, except for its output;
 * learned is as for ask_compiler(). False: nothing was done, and the shell has to do it.
 */
bool try_probe(const struct question *question, const char *learned, bool *ret_success);
