/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a make.log says about why a build failed: the lines that a person would scroll up to. The
 * log is read line by line, so that its size does not matter.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

struct diagnosis {
	struct strv errors;    /* the first few error lines, printable and of bounded length */
	char *refused_write;   /* the first line that shows a write outside the cage; NULL: none */
	char *refused_network; /* the same for the network */
};

int diagnosis_read(const char *log, struct diagnosis *ret_diagnosis, struct error *error);
void diagnosis_free(struct diagnosis *diagnosis);
