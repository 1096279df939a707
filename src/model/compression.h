/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a kernel's modules are compressed on disk. */
#pragma once

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ, COMPRESSION_ZSTD };

/* "", ".gz", ".xz", ".zst": what follows ".ko". */
const char *compression_suffix(enum compression compression);

/* By the end of a file name; COMPRESSION_NONE for anything else. */
enum compression compression_of_name(const char *file_name);

/* "foo" of "foo.ko.xz", owned by the caller; NULL for a file that is no module. */
char *module_name_of_file(const char *file_name);
