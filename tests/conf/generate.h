/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generator of configuration files by a grammar of the shell language that the evaluator claims
 * to know. The same seed makes the same file. Files end by themselves, and run no program
 * but filters.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

/* One file. */
void generate_conf(uint64_t seed, struct buffer *conf);

/* How often each construct was generated so far, "NAME COUNT" lines to stdout. */
void generate_print_counts(const char *prefix);

/* The directives that generated files set; what they see is kernelver, arch, module and n. */
#define GENERATED_NAMES "PACKAGE_NAME", "MAKE", "PATCH", "BUILT_MODULE_NAME", "CLEAN"
