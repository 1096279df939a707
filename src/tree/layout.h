/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every path in the tree, spelled in this one place, and the links between them. M/V/K/A are
 * module, version, kernel release and architecture. All results are owned by the caller.
 */
#pragma once

#include <stdbool.h>

#include "model/identity.h"
#include "model/settings.h"

/* Returns the text that a link at this place needs to lead to target. Owned by the caller. */
char *tree_link_text(const struct settings *settings, const char *link, const char *target);

/* True for a link that holds this, or target itself as earlier versions wrote it. */
bool tree_link_leads_to(const struct settings *settings, const char *link, const char *target);

char *layout_module(const struct settings *settings, const char *name);            /* <tree>/M */
char *layout_version(const struct settings *settings, const struct module_id *id); /* <tree>/M/V */
char *layout_source_link(const struct settings *settings, const struct module_id *id);
char *layout_build(const struct settings *settings, const struct module_id *id);
char *layout_tarballs(const struct settings *settings, const struct module_id *id);

/* <tree>/M/V/K/A, its module/ and its log/make.log */
char *layout_product(const struct settings *settings, const struct module_id *id,
		     const struct kernel_id *kernel);
char *layout_product_modules(const struct settings *settings, const struct module_id *id,
			     const struct kernel_id *kernel);
char *layout_product_log(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel);

/* In M/V/K/A: where its modules were put, below the kernel's directory (install/place.h). */
#define LAYOUT_INSTALLED ".installed"
/* In M/V/K/A: a link to the release of the kernel whose build is reused there. */
#define LAYOUT_REUSED ".reused"
/* A link to the host that a build of M/V/K/A was pulled from. */
#define LAYOUT_PULLED ".pulled"

/* In M/V/K/A: an empty file that says that the source was replaced after this was built. */
#define LAYOUT_STALE ".stale"

/* <tree>/M/V/.failed/K-A and suffix: "", ".log" (reuse/record.h) */
char *layout_failed(const struct settings *settings, const struct module_id *id,
		    const struct kernel_id *kernel, const char *suffix);

/* <tree>/M/kernel-K-A, and the V/K/A it points to */
char *layout_active_link(const struct settings *settings, const char *name,
			 const struct kernel_id *kernel);
char *layout_active_target(const struct module_id *id, const struct kernel_id *kernel);

/* <tree>/M/original_module/K/A */
char *layout_originals(const struct settings *settings, const char *name,
		       const struct kernel_id *kernel);

char *layout_mok_key(const struct settings *settings);         /* <tree>/mok.key */
char *layout_mok_certificate(const struct settings *settings); /* <tree>/mok.pub */
char *layout_post_transaction_log(const struct settings *settings);

/* <tree>/.dkms/NAME: lock, journals, pending work. The reference tool passes dot-names over. */
char *layout_private(const struct settings *settings, const char *name);

/*
 * /var/cache/dkms/NAME, or <tree>/.dkms/cache/NAME for a tree elsewhere than in /var/lib/dkms: what
 * may be removed at any time.
 */
char *layout_cache(const struct settings *settings, const char *name);

/* <source tree>/M-V */
char *layout_source_directory(const struct settings *settings, const struct module_id *id);

/* /etc/dkms/M/NAME below the settings' root: overrides of patches and scripts. */
char *layout_override(const struct settings *settings, const char *module, const char *name);
