/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages of rpm, which bring sources for dkms in their own way. */
#pragma once

#include "base/error.h"
#include "base/report.h"

/* Runs rpm -Uvh FILE with its output reported. EXIT_NO_CONF if there is no rpm or it fails. */
int rpm_install(const char *file, struct reporter *reporter, struct error *error);
