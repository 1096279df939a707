/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line of a configuration file that sets a value: the last assignment to its name, found in the
 * text (conf/assignment_scanner.h). bash does not say it.
 */
#pragma once

#include "base/error.h"
#include "conf/values.h"

/* Turns origins that are a file into "FILE:LINE", where the line can be found. */
int conf_find_origins(struct conf_values *values, struct error *error);
