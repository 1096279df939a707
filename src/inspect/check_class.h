/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For dkms check: whether the next boot needs the modules that were looked at. */
#pragma once

#include "inspect/loading.h"

/* Fills in the criticality of all reports. */
void check_classify(struct loading *loading);
