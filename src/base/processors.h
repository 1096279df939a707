/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How many processors this process may run on, as nproc counts them; at least 1. */
int processor_count(void);
