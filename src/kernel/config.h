/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel configuration file: .config ("# CONFIG_X is not set", strings in quotes) or auto.conf
 * (only what is set; strings without quotes since Linux 5.19). Lines that are no assignment are
 * passed over; of two for one symbol the last counts.
 */
#pragma once

#include "base/error.h"
#include "base/map.h"

struct kernel_config {
	bool loaded;
	char *text;           /* the file, cut into keys and values */
	struct strmap values; /* symbol without "CONFIG_" → value inside text */
};

/* Reads path once; later calls do nothing. A file that does not exist is empty. */
int kernel_config_load(struct kernel_config *config, const char *path, struct error *error);
void kernel_config_free(struct kernel_config *config);
