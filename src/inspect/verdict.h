/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Will a kernel take a module? Told without loading it, by the rules of the kernel's own loader
 * (kernel/module/main.c, version.c, signing.c) and of modprobe. They look at vermagic, symbols with
 * their CRCs, licence and namespaces, signature, compression and modules.dep. What the module's own
 * init does cannot be predicted.
 *
 *	verdict_kernel_open()	once for a kernel: its facts are read once, when first needed
 *	verdict_judge()		for each file
 *	verdict_kernel_free()
 */
#pragma once

#include "base/cleanup.h"
#include "base/report.h"
#include "inspect/trust.h"
#include "kernel/kernel.h"
#include "kernel/module_lists.h"
#include "kernel/symvers.h"
#include "model/settings.h"
#include "module/symbols.h"

enum verdict_answer { VERDICT_LOADS, VERDICT_UNKNOWN, VERDICT_REFUSED };

struct verdict {
	enum verdict_answer answer;
	const char *cause; /* one word for programs: "vermagic", "crc" …; NULL if it loads */
	char *reason;      /* a sentence without a period: why not, or why it cannot be told */
	const char *next;  /* what to do, with M/V and K in it; NULL: nothing */
};

struct verdict_kernel;

/* The kernel must outlive it. The certificate is that of inspect/trust.h. */
struct verdict_kernel *verdict_kernel_open(const struct settings *settings,
					   const struct kernel *kernel,
					   const char *certificate_path, struct reporter *reporter);
void verdict_kernel_free(struct verdict_kernel *kernel);
DEFINE_CLEANUP(struct verdict_kernel *, verdict_kernel_free)

const struct signing_trust *verdict_kernel_trust(const struct verdict_kernel *kernel);

/* Reads files that will be judged, many by one process: judging one after the other takes longer.
 */
void verdict_prepare(struct verdict_kernel *kernel, const struct strv *paths);

/*
 * The verdict on a file below the kernel's module directory, with what it depends on. Valid as
 * long as the kernel's facts, which it belongs to.
 */
const struct verdict *verdict_judge(struct verdict_kernel *kernel, const char *path);

/* Shared by the parts of the verdict: a kernel's facts and the modules that were examined. */

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
