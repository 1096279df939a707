/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "conf/origins.h"
#include "place.h"

static void assert_origin(const struct conf_values *values, const char *name, long index,
			  const char *end)
{
	const char *origin = conf_values_find(values, name, index)->origin;

	if (!text_ends_with(origin, end))
		fail_msg("%s[%ld]: %s", name, index, origin);
}

static void the_last_assignment_counts(void **state)
{
	struct place *place = *state;
	cleanup(conf_values_free) struct conf_values values = {0};

	place_write(place, "src/dkms.conf",
		    "MAKE=a\nMAKE[1]=b\nif true; then MAKE[0]=c; fi\nPATCH=(a b)\n"
		    "for i in 1 2; do BUILT_MODULE_NAME[$i]=x; done\nCLEAN = x\n");
	conf_values_set(&values, "MAKE", 0, "c", place->conf_file);
	conf_values_set(&values, "MAKE", 1, "b", place->conf_file);
	conf_values_set(&values, "PATCH", 1, "b", place->conf_file);
	conf_values_set(&values, "BUILT_MODULE_NAME", 2, "x", place->conf_file);
	conf_values_set(&values, "CLEAN", 0, "x", place->conf_file);
	conf_values_set(&values, "STRIP", 0, "no", "--directive");
	assert_int_equal(conf_find_origins(&values, &place->error), 0);
	assert_origin(&values, "MAKE", 0, "/dkms.conf:3");
	assert_origin(&values, "MAKE", 1, "/dkms.conf:2");
	assert_origin(&values, "PATCH", 1, "/dkms.conf:4");
	assert_origin(&values, "BUILT_MODULE_NAME", 2, "/dkms.conf:5");
	assert_origin(&values, "CLEAN", 0, "/dkms.conf");
	assert_origin(&values, "STRIP", 0, "--directive");
}

UNIT_MAIN(PLACE_TEST(the_last_assignment_counts))
