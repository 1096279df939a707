/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads libarchive when there is a tarball or an initramfs to read. The library brings a dozen
 * others along: XML, ICU and C++ among them. Loading them would take two thirds of a status.
 *
 *	if (libarchive_load(error) < 0)
 *		return error->code;
 *	in = libarchive()->archive_read_new();
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"

/* The functions in use. */
/* clang-format off */
#define LIBARCHIVE_FUNCTIONS(of) \
	of(archive_entry_copy_pathname) \
	of(archive_entry_copy_symlink) \
	of(archive_entry_filetype) \
	of(archive_entry_free) \
	of(archive_entry_hardlink) \
	of(archive_entry_new) \
	of(archive_entry_pathname) \
	of(archive_entry_perm) \
	of(archive_entry_set_filetype) \
	of(archive_entry_set_mtime) \
	of(archive_entry_set_perm) \
	of(archive_entry_set_size) \
	of(archive_entry_size) \
	of(archive_entry_symlink) \
	of(archive_entry_unset_atime) \
	of(archive_entry_unset_birthtime) \
	of(archive_entry_unset_ctime) \
	of(archive_errno) \
	of(archive_error_string) \
	of(archive_filter_bytes) \
	of(archive_read_data_block) \
	of(archive_read_free) \
	of(archive_read_new) \
	of(archive_read_next_header) \
	of(archive_read_open) \
	of(archive_read_open_fd) \
	of(archive_read_support_filter_bzip2) \
	of(archive_read_support_filter_compress) \
	of(archive_read_support_filter_gzip) \
	of(archive_read_support_filter_lz4) \
	of(archive_read_support_filter_lzip) \
	of(archive_read_support_filter_lzma) \
	of(archive_read_support_filter_xz) \
	of(archive_read_support_filter_zstd) \
	of(archive_read_support_format_raw) \
	of(archive_read_support_format_tar) \
	of(archive_write_add_filter_by_name) \
	of(archive_write_close) \
	of(archive_write_data) \
	of(archive_write_data_block) \
	of(archive_write_disk_new) \
	of(archive_write_disk_set_options) \
	of(archive_write_finish_entry) \
	of(archive_write_free) \
	of(archive_write_header) \
	of(archive_write_new) \
	of(archive_write_open_fd) \
	of(archive_write_set_filter_option) \
	of(archive_write_set_format_gnutar)
/* clang-format on */

#define LIBARCHIVE_MEMBER(name) typeof(name) *name;
struct libarchive {
	LIBARCHIVE_FUNCTIONS(LIBARCHIVE_MEMBER)
};
#undef LIBARCHIVE_MEMBER

/* EXIT_INSTALL if this system does not have it. Call it first. */
int libarchive_load(struct error *error);
const struct libarchive *libarchive(void);
