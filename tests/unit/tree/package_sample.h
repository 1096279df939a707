/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package in which every member holds something of its own, and a comparison of two. */
#pragma once

#include "base/memory.h"
#include "model/package.h"

static inline void sample_rule(struct exclusive_rule *rule, const char *mark)
{
	rule->kernel = text_format("^6%s", mark);
	rule->kernel_min = text_format("5%s", mark);
	rule->kernel_max = text_format("7%s", mark);
	rule->arch = text_format("x86%s", mark);
	rule->config = text_format("CONFIG_A%s", mark);
}

static inline struct package *sample_package(void)
{
	struct package *package = NEW(struct package);

	package->name = xstrdup("foo");
	package->version = xstrdup("1.0");
	package->make_command = xstrdup("make all");
	package->clean_command = xstrdup("make clean");
	package->post_add = xstrdup("post-add");
	package->pre_build = xstrdup("pre-build");
	package->post_build = xstrdup("post-build");
	package->pre_install = xstrdup("pre-install");
	package->post_install = xstrdup("post-install");
	package->post_remove = xstrdup("post-remove");
	package->obsolete_by = xstrdup("6.5");
	package->exclusion_reason = xstrdup("Not for this one.");
	package->excluded = package->autoinstall = package->build_depends_rebuild = true;
	package->no_weak_modules = true;
	strv_add(&package->patches, "a.patch");
	strv_add(&package->patches, "b.patch");
	strv_add(&package->build_depends, "bar");
	strv_add(&package->modules_conf, "options foo x=1");
	sample_rule(&package->exclusive, "");
	package->module_count = 2;
	package->modules = xcalloc(2, sizeof(*package->modules));
	for (size_t i = 0; i < 2; i++) {
		struct built_module *module = &package->modules[i];

		module->built_name = text_format("built%zu", i);
		module->built_location = text_format("sub%zu/", i);
		module->dest_name = text_format("dest%zu", i);
		module->dest_location = text_format("/updates/%zu", i);
		module->strip = module->excluded = i;
		sample_rule(&module->exclusive, module->built_name);
	}
	package->policy = (struct policy){
		.build_sandbox = SANDBOX_REQUIRE,
		.build_network = true,
		.build_in_source = true,
		.build_limits = {.limits[OF_DISK] = {LIMIT_AMOUNT, 1024}, .text = "disk=1024"},
		.abi_reuse = REUSE_NO,
		.allow_writable_sources = true,
		.initramfs = INITRAMFS_NEVER,
		.critical = CRITICAL_NO,
		.remote = {"file:///srv/dkms"},
		.remote_policy = REMOTE_ONLY,
		.trust_quorum = {2, "2"},
	};
	return package;
}
