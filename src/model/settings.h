/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything is and how dkms is set up: framework.conf, then the command line. Built once
 * by conf/framework, and read-only afterwards. All system paths come from here: a different
 * root (for tests and images) is a prefix of every one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"
#include "model/compression.h"
#include "model/policy.h"

enum sign_policy { SIGN_NOT_IN_CHROOT, SIGN_ALWAYS, SIGN_NEVER };

/* kernel_hook_failure: which modules' failure is one of the package manager's run. */
enum hook_failure_policy { HOOK_FAILURE_CRITICAL, HOOK_FAILURE_FAIL, HOOK_FAILURE_IGNORE };

/* preflight_policy: which failure of a trial stops a package manager that asked for it. */
enum preflight_policy { PREFLIGHT_WARN, PREFLIGHT_ABORT_CRITICAL, PREFLIGHT_ABORT };

struct settings {
	char *root; /* prefix of /etc, /usr/share, /boot …; "" for the real system */

	char *dkms_tree;    /* /var/lib/dkms */
	char *source_tree;  /* /usr/src */
	char *install_tree; /* /lib/modules */
	char *temporary;    /* tmp_location, else $TMPDIR, else /tmp */

	bool verbose;
	bool symlink_modules;
	bool autoinstall_all_kernels;
	bool modprobe_on_install;
	bool continue_on_error;
	int parallel_jobs; /* 0: as many as there are processors; -1: no limit */
	char *compress_gzip_opts, *compress_xz_opts, *compress_zstd_opts; /* NULL: default */
	char *build_environment;                                          /* file, or NULL */
	struct policy policy;   /* of modules that have none of their own */
	bool remember_probes;   /* kbuild's questions to the compiler (build/probes.h) */
	uint64_t cache_size;    /* bytes; 0: results of builds are not kept */
	char *post_transaction; /* shell command, or NULL */
	enum hook_failure_policy kernel_hook_failure;
	enum preflight_policy preflight_policy;
	bool boot_gate;     /* a kernel without its critical modules is not booted by default */
	int initramfs_time; /* seconds that making an initramfs may take */

	/* These may still hold $kernelver: settings_expand() gives the value for one kernel. */
	char *sign_file, *mok_signing_key, *mok_certificate;
	enum sign_policy try_sign_modules;

	/* From the command line alone. */
	struct strv directives;  /* NAME=VALUE, in order */
	struct strv remotes;     /* --remote: instead of those of any policy */
	bool offline;            /* --offline: no remote is asked */
	bool only_remotes;       /* nothing is compiled: dkms pull */
	char *kernel_source_dir; /* --kernelsourcedir, or NULL */
	char *kernel_config;     /* --config, or NULL */

	/* This process, if it was started by a script of a dkms that is running; 0: it was not. */
	int nested;
};

/* The defaults for a root; conf/framework goes on from there. */
void settings_init(struct settings *settings, const char *root);
void settings_free(struct settings *settings);

/* The key that dkms makes for itself, <tree>/mok.key, owned by the caller. */
char *settings_own_key(const struct settings *settings);

/* A system path below the root, owned by the caller: settings_path(s, "/etc/dkms"). */
char *settings_path(const struct settings *settings, const char *path);

/*
 * A path below the root as the system inside names it, and back; what is not, or is already, below
 * the root stays as it is. Owned by the caller.
 */
char *settings_to_inside(const struct settings *settings, const char *path);
char *settings_from_inside(const struct settings *settings, const char *path);

/* value with $kernelver and ${kernelver} replaced, owned by the caller; NULL for NULL. */
char *settings_expand(const char *value, const char *kernel_release);

/* compress_gzip_opts and its like for one compression; NULL: default. */
const char *settings_compression_options(const struct settings *settings,
					 enum compression compression);
