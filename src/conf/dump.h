/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of "dkms conf": an evaluation for people, and as JSON for programs, with the places
 * where values were set (conf/origins.h).
 */
#pragma once

#include "conf/lint.h"
#include "conf/origins.h"
#include "conf/package_conf.h"
#include "model/package.h"

struct conf_dump {
	const struct conf_evaluation *evaluation; /* NULL: findings about framework.conf alone */
	const struct package *package;            /* NULL: the conf is bad */
	const struct lint_findings *findings;     /* NULL: not asked for */
};

/*
 * Both return a text owned by the caller. For people, each line is a directive that bash could
 * read again, with its origin, in the order of the second pass:
 *
 *	MAKE[0]="make -C /lib/modules/6.1.0-56-amd64/build"  # /usr/src/foo-1.0/dkms.conf:3
 *
 * then, in the same way, what overrides say of the policy, and perhaps a comment: the exclusion.
 * With findings they are all there is, a line each, and a last line that counts them.
 */
char *conf_dump_text(const struct conf_dump *dump);

/*
 * One object with a newline after it. What is set nowhere is absent; indices are keys, because
 * arrays are sparse; bytes that are not UTF-8 become U+FFFD.
 *
 *	"package": null for a bad conf, else {"name", "version", "autoinstall", "no_weak_modules",
 *		"build_depends_rebuild", "make" (if chosen), "patches", "build_depends", "excluded",
 *		"exclusion_reason" (if excluded), "modules": [{"built_name", "built_location",
 *		"dest_name", "dest_location", "strip", "excluded"}]}
 *	"directives": {"MAKE": {"0": "make"}}
 *	"origins": {"MAKE": {"0": "/usr/src/foo-1.0/dkms.conf:3"}}
 *	"policy": {"build_sandbox": "yes"}: all of it, wherever it is from
 *	"files": ["/usr/src/foo-1.0/dkms.conf"]
 *	"findings": [{"file", "line" (if known), "kind", "text"}], with findings only
 */
char *conf_dump_json(const struct conf_dump *dump);
