/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Will a kernel take a module? Told without loading it, by the rules of the kernel's own loader
 * (kernel/module/main.c, version.c, signing.c) and of modprobe: vermagic, symbols with their CRCs,
 * licence and namespaces, signature, compression, modules.dep. What the module's own init does
 * cannot be predicted.
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
#include "model/settings.h"

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
