/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the verdict share: a kernel's facts and the modules that were looked at. */
#pragma once

#include "inspect/verdict.h"
#include "kernel/module_lists.h"
#include "kernel/symvers.h"
#include "module/symbols.h"

struct judged_module {
	char *path;
	struct module_symbols symbols;
	struct error unreadable; /* code 0: symbols are there */
	bool has_signature;      /* its verdict is there */
	enum signature_verdict signature;
	bool judged;
	struct verdict verdict;
};

struct verdict_kernel {
	const struct kernel *kernel;
	struct signing_trust trust;
	struct modules_dep dep;
	struct error no_dep; /* code 0: dep is there */
	struct symvers symvers;
	struct error no_symvers;
	char *vermagic;        /* of the kernel's own modules; NULL: it has none */
	struct strmap modules; /* path → struct judged_module */
};

/* The file's content, read once. Never NULL. */
struct judged_module *facts_module(struct verdict_kernel *kernel, const char *path);
/* Absolute, owned by the caller. */
char *facts_path(const struct verdict_kernel *kernel, const char *listed);
/* CONFIG_MODVERSIONS, by vermagic, else by the configuration. */
bool facts_has_modversions(const struct verdict_kernel *kernel);

/* CONFIG_MODULE_FORCE_LOAD: what has no vermagic or CRCs loads. Without a configuration a doubt. */
bool facts_allow_force(const struct verdict_kernel *kernel, struct verdict *verdict);

/* The first refusal is final; a doubt stands until there is one. format: the reason. */
void verdict_refuse(struct verdict *verdict, const char *cause, const char *next,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
void verdict_doubt(struct verdict *verdict, const char *cause, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Every import (imports.c). */
void judge_imports(struct verdict_kernel *kernel, const struct judged_module *module,
		   struct verdict *verdict);

#define NEXT_BUILD \
	"build it for this kernel anew: dkms build --force M/V -k K && dkms install M/V -k K"
