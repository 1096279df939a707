/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The value of build_limits: "memory=50% processes=1000 tmp=2G disk=10G time=3600", each word on
 * top of what was there. Sizes are in bytes or have K, M, G or T behind; those of memory and tmp
 * may be a percentage of the machine's memory; "no" is no limit. "no" alone takes all limits away.
 */
#pragma once

#include <stdbool.h>

/* member is a struct build_limits. False, and nothing changed, if the text makes no sense. */
bool read_limits(const char *text, void *member);
