/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every setting, once: its name in framework.conf, its kind (…_kind in conf/setting.c says what
 * values it takes) and its member. A further setting is a member and a line here; a test compares
 * the names with dkms-framework.conf(5) and the framework.conf that is shipped.
 */
#pragma once

/* Members of struct settings. They apply to all modules and stand in framework.conf alone. */
#define FRAMEWORK_SETTINGS(X)                                       \
	X(source_tree, directory, source_tree)                      \
	X(dkms_tree, directory, dkms_tree)                          \
	X(install_tree, directory, install_tree)                    \
	X(tmp_location, temporary, temporary)                       \
	X(verbose, switch, verbose)                                 \
	X(symlink_modules, switch, symlink_modules)                 \
	X(autoinstall_all_kernels, switch, autoinstall_all_kernels) \
	X(modprobe_on_install, switch, modprobe_on_install)         \
	X(parallel_jobs, jobs, parallel_jobs)                       \
	X(compress_gzip_opts, text, compress_gzip_opts)             \
	X(compress_xz_opts, text, compress_xz_opts)                 \
	X(compress_zstd_opts, text, compress_zstd_opts)             \
	X(build_environment, directory, build_environment)          \
	X(remember_probes, switch, remember_probes)                 \
	X(cache_size, size, cache_size)                             \
	X(post_transaction, text, post_transaction)                 \
	X(kernel_hook_failure, hook_failure, kernel_hook_failure)   \
	X(preflight_policy, preflight, preflight_policy)            \
	X(boot_gate, switch, boot_gate)                             \
	X(initramfs_time, seconds, initramfs_time)                  \
	X(sign_file, file, sign_file)                               \
	X(mok_signing_key, key, mok_signing_key)                    \
	X(mok_certificate, key, mok_certificate)                    \
	X(try_sign_modules, sign_policy, try_sign_modules)          \
	X(continue_on_error, switch, continue_on_error)

/* Members of struct policy. An override file in /etc/dkms may set them for one module. */
#define POLICY_SETTINGS(X)                                        \
	X(build_sandbox, sandbox, build_sandbox)                  \
	X(build_network, switch, build_network)                   \
	X(build_in_source, switch, build_in_source)               \
	X(build_limits, limits, build_limits)                     \
	X(abi_reuse, reuse, abi_reuse)                            \
	X(allow_writable_sources, switch, allow_writable_sources) \
	X(initramfs, initramfs, initramfs)                        \
	X(critical, critical, critical)                           \
	X(remote, remotes, remote)                                \
	X(remote_policy, remote_policy, remote_policy)            \
	X(trust_quorum, quorum, trust_quorum)
