/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors are values. A function that can fail takes a struct error and returns 0 or a negative
 * errno. On failure it has filled the error, on success it has not touched it. The first error
 * wins: setting an error again keeps the old error. Only main prints errors.
 *
 * exit_status is what dkms will exit with (the statuses of dkms(8)). 0 means that nobody has
 * decided yet: a caller who knows the action may, with error_set_status().
 */
#pragma once

#include <stdbool.h>

struct error {
	int code;        /* negative errno; 0: no error */
	int exit_status; /* 1..255, or 0: undecided */
	char *message;   /* what is wrong, then what to do; lines separated by \n; owned */
};

/* Exit statuses that are interface; more than one cause may share a number. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_USAGE = 1,          /* not root, tree not writable, module or version missing */
	EXIT_NOT_FOUND = 2,      /* source or archive not found; unknown option or action */
	EXIT_TREE = 3,           /* already added; not in the tree; already built */
	EXIT_BROKEN = 4,         /* conf file not found; broken module; too many actions/kernels */
	EXIT_PATCH_MISSING = 5,  /* also: --all not allowed; already installed */
	EXIT_INSTALL = 6,        /* patch, install, depmod or tarball failed */
	EXIT_NO_PRODUCT = 7,     /* the build made no such module */
	EXIT_BAD_CONF = 8,       /* bad dkms.conf; a source that is empty or anybody's to write */
	EXIT_NO_CONF = 9,        /* no dkms.conf in the given source */
	EXIT_BUILD_FAILED = 10,  /* the build command failed */
	EXIT_AUTOINSTALL = 11,   /* at least one module failed */
	EXIT_NO_ARCH = 12,       /* architecture unknown */
	EXIT_DEPENDENCY = 13,    /* BUILD_DEPENDS not installed */
	EXIT_KERNEL_HOOK = 14,   /* kernel_preinst or kernel_prerm failed for some module */
	EXIT_EMPTY_KERNEL = 16,  /* empty kernel or architecture */
	EXIT_NO_HEADERS = 21,    /* kernel headers not found */
	EXIT_LOCKED = 22,        /* another dkms holds the tree (--lock-timeout) */
	EXIT_UNSOUND = 23,       /* dkms check has found something wrong */
	EXIT_NOT_PUBLISHED = 24, /* no remote has the build */
	EXIT_NOT_TRUSTED = 25,   /* a remote has it, but not from whom builds are taken, or lies */
	EXIT_UNREACHABLE = 26,   /* a remote does not answer, or refuses to */
	EXIT_INITRAMFS = 27,     /* the initramfs could not be made again */
	EXIT_EXCLUDED = 77,      /* BUILD_EXCLUSIVE_* rules the package out */
	EXIT_PRE_INSTALL = 101,  /* PRE_INSTALL failed */
};

/* Fills *error unless it is set already. code is a negative errno. Returns error->code. */
int error_set(struct error *error, int code, int exit_status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Like error_set(), with ": " and the text of errno value code after the message. */
int error_errno(struct error *error, int code, int exit_status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts context and ": " before the message of an error that is set. Returns error->code. */
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a line after the message of an error that is set: usually what to do next. */
int error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Decides the exit status where nobody has yet. Returns error->code. */
int error_set_status(struct error *error, int exit_status);

/* The status to exit with: 0 without an error, 1 for an undecided one. */
int error_exit_status(const struct error *error);

/*
 * The exit status of a run that met both: the first, unless that is 0 or EXIT_EXCLUDED.
 * EXIT_EXCLUDED only says that a kernel or module was skipped, so it hides no failure.
 */
int error_graver_status(int first, int second);

/* Moves source into an unset destination; a destination already set is kept, source released. */
int error_move(struct error *destination, struct error *source);

void error_clear(struct error *error);
