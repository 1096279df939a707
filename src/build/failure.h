/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds in a make.log why a build failed: the lines that a person would scroll up to, and
 * signs of known causes. The log is read line by line, so that its size does not matter.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "build/causes.h"

struct diagnosis {
	/*
	 * The first few error lines: of compilers, else of make and the shell. If nothing looks
	 * like an error, they are the last few lines of the last command. Printable, of bounded
	 * length.
	 */
	struct strv errors;
	struct cause_findings causes;
};

/* A confined worker reads the log: what it says is a stranger's. */
int diagnosis_read(const char *log, struct diagnosis *ret_diagnosis, struct error *error);
void diagnosis_free(struct diagnosis *diagnosis);
