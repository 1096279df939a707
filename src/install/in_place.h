/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usual case of an installed build, found with few system calls: a status asks this a thousand
 * times. install/difference.h has the answer for all others.
 */
#pragma once

#include <stdbool.h>

#include "distro/distro.h"
#include "model/settings.h"

/* Facts that all builds of a run share. */
struct usual_places {
	int kernels;       /* <install tree>, opened, or -1 */
	char *destination; /* of all modules, below a kernel's directory; "": each package's own */
};

struct usual_places usual_places_open(const struct settings *settings, const struct distro *distro);
void usual_places_close(struct usual_places *places);

/*
 * product is the path of M/V/K/A below the opened directory parent, release its K. True if every
 * module of the build is, by same_copy_at(), what is installed under its file name:
 * in the destination, or where the record (install/record.h) says that it was put. False says
 * nothing: perhaps something differs, perhaps one has to look more closely.
 */
bool is_all_in_place(const struct usual_places *places, int parent, const char *product,
		     const char *release);
