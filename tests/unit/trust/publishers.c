/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "trust/publishers.h"

#define REMOTE "https://builds.invalid/dkms"

static bool allows(const char *text, const char *module, const char *remote)
{
	struct trust_binding binding;
	char *offence = NULL;

	assert_true(binding_parse(text, &binding, &offence));
	bool allowed = binding_allows(&binding, module, remote);

	binding_free(&binding);
	return allowed;
}

static void modules_are_patterns(void **state)
{
	(void)state;
	assert_true(allows("", "zfs", REMOTE));
	assert_true(allows("# comment\n\n", "zfs", REMOTE));
	assert_true(allows("modules=\"nvidia* zfs\"\n", "nvidia-open", REMOTE));
	assert_true(allows("modules = zfs", "zfs", REMOTE));
	assert_false(allows("modules='nvidia* zfs'", "zfs2", REMOTE));
	assert_false(allows("modules=\n", "zfs", REMOTE));
}

static void remotes_are_beginnings(void **state)
{
	(void)state;
	assert_true(allows("remotes=" REMOTE, "zfs", REMOTE));
	assert_true(allows("remotes=" REMOTE "/", "zfs", REMOTE));
	assert_true(allows("remotes=https://builds.invalid", "zfs", REMOTE));
	assert_false(allows("remotes=https://builds.inval", "zfs", REMOTE));
	assert_false(allows("remotes=" REMOTE "/gpu", "zfs", REMOTE));
	assert_false(allows("remotes=\"/\"", "zfs", REMOTE));
	assert_false(allows("remotes=", "zfs", REMOTE));
}

/* A line that is not understood might have been the one that bounds it. */
static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {"module=zfs",    "modules",           "modules=\"zfs",
					    "modules=$ALL",  "modules=zfs # all", "revoked=true",
					    "revoked=maybe", "[modules]\nzfs",    "modules=`x`"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct trust_binding binding;
		char *offence = NULL;

		assert_false(binding_parse(texts[i], &binding, &offence));
		assert_non_null(offence);
		free(offence);
	}
}

UNIT_MAIN(cmocka_unit_test(modules_are_patterns), cmocka_unit_test(remotes_are_beginnings),
	  cmocka_unit_test(nonsense_is_refused))
