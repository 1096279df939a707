/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of all modules, read without a lock and without running anything. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "model/identity.h"
#include "model/settings.h"

enum status_state { STATUS_ADDED, STATUS_BROKEN, STATUS_BUILT, STATUS_INSTALLED, STATUS_WEAK };

struct status_entry {
	struct module_id id;
	struct kernel_id kernel; /* empty for added and broken */
	enum status_state state;
	char *weak_from;   /* STATUS_WEAK: the release whose build it is */
	char *reused_from; /* built, installed: the kernel whose build it is; NULL: its own */
	char *pulled_from; /* the host that it was pulled from; NULL: it was made here */
	bool originals;    /* original modules are archived */
	bool lacking;      /* a module that was built is not in the build any more */
	bool missing;      /* installed: a module is not in the kernel's directory */
	bool differs;      /* installed: one is another than the built one */
};

struct status_list {
	struct status_entry *items;
	size_t count;
};

/* Empty parts select everything. */
struct status_filter {
	const struct module_id *id;
	const struct kernel_ids *kernels;
	const struct strv *arches; /* only looked at without kernels */
};

/* "installed": one word for programs. Static. */
const char *status_state_name(enum status_state state);

/* In the order in which a shell glob sorts module/version/kernel/arch. */
int status_collect(const struct settings *settings, const struct distro *distro,
		   const struct status_filter *filter, struct status_list *list,
		   struct error *error);
/* A REPORT_WARNING for each build of these versions that failed and was not made since. */
void status_warn_of_failed(const struct settings *settings, const struct status_list *list,
			   const struct status_filter *filter, struct reporter *reporter);
/* The same for each kernel that still has a version whose source is missing. */
void status_warn_of_broken(const struct settings *settings, const struct status_list *list,
			   const struct status_filter *filter, struct reporter *reporter);
void status_list_free(struct status_list *list);
