/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run did, for systemd's journal where it runs: an entry for each job that changed something
 * or failed, with SYSLOG_IDENTIFIER=dkms, MESSAGE_ID (by kind, docs/journal.md), MODULE,
 * MODULE_VERSION, KERNEL, ARCH, JOB, OUTCOME and EXIT_STATUS.
 */
#pragma once

#include "model/settings.h"
#include "tree/runs.h"

/* Best effort: a journal that does not listen is none. */
void journald_send(const struct settings *settings, const struct run *run);
