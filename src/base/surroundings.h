/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process inherits from whoever started it, put in order before anything else is done. */
#pragma once

/*
 * Standard streams are open; other inherited descriptors close in children. No signal is blocked.
 * Signals have their default disposition: with SIGCHLD ignored, no child could be awaited. SIGHUP,
 * SIGINT, SIGQUIT and SIGTERM stay ignored for a caller that asked for that (nohup). New files are
 * readable to all, and writable to their owner alone. Options may stand behind other words.
 */
void surroundings_settle(void);
