/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings that only the administrator decides: for all modules in framework.conf, for one in its
 * override files (conf/setting.h says how). Plain data; all zero is the default.
 */
#pragma once

#include <stdbool.h>

/* build_sandbox: caged where the system allows it; never; caged or not at all. */
enum sandbox_policy { SANDBOX_YES, SANDBOX_NO, SANDBOX_REQUIRE };

/* abi_reuse: a build serves another kernel if all inputs are the same; if what it imports is;
 * never. */
enum reuse_policy { REUSE_STRICT, REUSE_CRC, REUSE_NO };

/* initramfs: made again if it needs a module that has changed; after every change; never. */
enum initramfs_policy { INITRAMFS_AUTO, INITRAMFS_ALWAYS, INITRAMFS_NEVER };

/* critical: whether the next boot needs a module is found out, or said. */
enum critical_policy { CRITICAL_AUTO, CRITICAL_YES, CRITICAL_NO };

/* remote_policy: remotes first, then the compiler; never the compiler; never a remote. */
enum remote_policy { REMOTE_PREFER, REMOTE_ONLY, REMOTE_NEVER };

/* remote: where builds of other machines are asked for, in this order. */
struct remote_list {
	char text[1024]; /* set apart by blanks */
};

/* trust_quorum: how many publishers must have built the same. */
struct trust_quorum {
	unsigned int number; /* 0: one */
	char text[12];
};

/* One of build_limits. */
enum build_limit_kind { LIMIT_DEFAULT, LIMIT_NONE, LIMIT_AMOUNT, LIMIT_PERCENT };
struct build_limit {
	enum build_limit_kind kind;
	unsigned long long value; /* bytes, processes or seconds; percent of the machine's memory */
};

enum build_limit_of { OF_MEMORY, OF_PROCESSES, OF_TMP, OF_DISK, OF_TIME, BUILD_LIMITS };

/* build_limits: what one caged build may use at most. */
struct build_limits {
	struct build_limit limits[BUILD_LIMITS];
	char text[160]; /* as it would be written; "": all as by default */
};

struct policy {
	enum sandbox_policy build_sandbox;
	bool build_network;   /* a caged build may use the network */
	bool build_in_source; /* a caged build finds its directory in place of its source, too */
	enum reuse_policy abi_reuse;
	struct build_limits build_limits;
	bool allow_writable_sources; /* whoever may write to them decides what is built */
	enum initramfs_policy initramfs;
	enum critical_policy critical;
	struct remote_list remote;
	enum remote_policy remote_policy;
	struct trust_quorum trust_quorum;
};
