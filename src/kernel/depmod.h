/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running depmod for one kernel, in any install tree. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"

struct kept_index {
	char *module_directory;
	char *directory; /* of the links */
	struct strv names;
};

int index_keep(const char *module_directory, struct kept_index *ret_kept, struct error *error);
/* The old files get their names back; files that were not there before go. */
int index_restore(struct kept_index *kept, struct error *error);
int index_forget(struct kept_index *kept, struct error *error);

/*
 * depmod -a K -F /boot/System.map-K (no -F without that file) as a step that is reported, with its
 * warnings. A tree other than the system's own is shown to depmod through a private directory
 * in the DKMS tree.
 *
 * Skipped with a notice where K has no modules.dep. If modules.dep comes out empty, the kernel
 * was removed and its last module has gone. The modules.* files and the then empty directory go
 * too, unless a kernel image says otherwise. EXIT_INSTALL on failure, with depmod's last words.
 */
int kernel_depmod(const struct settings *settings, const char *release, struct reporter *reporter,
		  struct error *error);

/*
 * True if depmod reads these files without a complaint that ends it. It writes nothing. With none:
 * true.
 */
bool kernel_depmod_accepts(const struct settings *settings, const char *release,
			   const struct strv *files);

/* Removes what dead or hindered depmods kept in the kernels' directories. */
int kernel_sweep(const struct settings *settings, struct error *error);
