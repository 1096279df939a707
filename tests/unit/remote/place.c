/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include "remote/place.h"

static void a_registry_has_host_and_prefix(void **state)
{
	cleanup(place_free) struct place place = {0};
	struct error error = {0};

	(void)state;
	assert_ok(place_parse("https://builds.invalid:5000/lab/dkms/", &place, &error), &error);
	assert_int_equal(place.kind, PLACE_REGISTRY);
	assert_string_equal(place.origin, "https://builds.invalid:5000");
	assert_string_equal(place.host, "builds.invalid:5000");
	assert_string_equal(place.prefix, "lab/dkms");
	assert_true(place.is_encrypted);
	assert_false(place.is_local);
}

static void without_a_scheme_it_is_https(void **state)
{
	cleanup(place_free) struct place place = {0};
	struct error error = {0};

	(void)state;
	assert_ok(place_parse("builds.invalid/dkms", &place, &error), &error);
	assert_string_equal(place.origin, "https://builds.invalid");
}

static void loopback_is_local(void **state)
{
	static const char *const texts[] = {"http://127.0.0.1:5000", "http://localhost/dkms",
					    "http://[::1]:80"};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cleanup(place_free) struct place place = {0};

		assert_ok(place_parse(texts[i], &place, &error), &error);
		assert_true(place.is_local);
		assert_false(place.is_encrypted);
	}
}

/* Names that only begin as its addresses do lead anywhere. */
static void what_looks_like_loopback_is_not(void **state)
{
	static const char *const texts[] = {
		"http://127.0.0.1.evil.invalid", "http://127.evil.invalid:5000",
		"http://localhost.evil.invalid", "http://128.0.0.1", "http://[::2]:5000"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cleanup(place_free) struct place place = {0};
		struct error error = {0};

		assert_int_equal(place_parse(texts[i], &place, &error), 0);
		assert_false(place.is_local);
		assert_false(place_is_loopback_url(texts[i]));
	}
	assert_true(place_is_loopback_url("http://127.0.0.1:5000/token?scope=x"));
	assert_true(place_is_loopback_url("http://[::1]/token"));
	assert_true(place_is_loopback_url("http://localhost"));
	assert_false(place_is_loopback_url("https://localhost"));
	assert_false(place_is_loopback_url("http://localhost@evil.invalid/token"));
	assert_false(place_is_loopback_url("http://evil.invalid/@localhost"));
	assert_false(place_is_loopback_url("http://"));
}

static void directories_have_paths(void **state)
{
	cleanup(place_free) struct place file = {0};
	cleanup(place_free) struct place dir = {0};
	struct error error = {0};

	(void)state;
	assert_ok(place_parse("file:///net/dkms", &file, &error), &error);
	assert_ok(place_parse("dir:out", &dir, &error), &error);
	assert_int_equal(file.kind, PLACE_DIRECTORY);
	assert_string_equal(file.path, "/net/dkms");
	assert_string_equal(dir.path, "out");
}

static void what_could_be_misread_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"registry",
		"/srv/dkms",
		"ftp://host/x",
		"file://host/x",
		"dir:",
		"https://",
		"https://user:secret@host/dkms",
		"https://host\r\nX-Evil: 1/dkms",
		"https://host/../dkms",
		"https://host/UPPER",
		"https://host/a//b",
		"https://host/a?b",
		"https://ho st/a",
		"https://-host/a",
		"https://host/a/manifests/../..",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cleanup(place_free) struct place place = {0};
		struct error error = {0};

		assert_int_equal(place_parse(texts[i], &place, &error), -EINVAL);
		assert_error(&error, EXIT_USAGE, "is no place for builds");
	}
}

static void names_are_mapped_to_what_registries_allow(void **state)
{
	static const struct {
		const char *module, *repository;
	} cases[] = {
		{"zfs", "dkms/zfs"},
		{"v4l2loopback", "dkms/v4l2loopback"},
		{"broadcom-sta", "dkms/broadcom-sta"},
		{"a__b", "dkms/a__b"},
		{"VirtualBox", "dkms/virtualbox-"},
		{"a..b", "dkms/a-b-"},
		{"-x", "dkms/x-"},
		{"ä", "dkms/m-"},
		{"../../etc", "dkms/etc-"},
	};
	cleanup(place_free) struct place place = {0};
	struct error error = {0};

	(void)state;
	assert_ok(place_parse("https://host/dkms", &place, &error), &error);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *found = place_repository(&place, cases[i].module);
		size_t length = strlen(cases[i].repository);
		bool is_mapped = cases[i].repository[length - 1] == '-';

		assert_int_equal(strncmp(found, cases[i].repository, length), 0);
		assert_int_equal(strlen(found), length + (is_mapped ? 8 : 0));
	}
}

static void two_names_are_never_one_repository(void **state)
{
	cleanup(place_free) struct place place = {0};
	struct error error = {0};

	(void)state;
	assert_ok(place_parse("dir:x", &place, &error), &error);
	cleanup(free_string) char *one = place_repository(&place, "A+B");
	cleanup(free_string) char *other = place_repository(&place, "a B");

	assert_string_not_equal(one, other);
}

static void references_are_tags_or_digests(void **state)
{
	(void)state;
	assert_true(place_is_reference("b1-0123.abc"));
	assert_true(place_is_reference(
		"sha256:"
		"0123456789012345678901234567890123456789012345678901234567890123"));
	assert_false(place_is_reference("sha256:0123"));
	assert_false(place_is_reference("../x"));
	assert_false(place_is_reference(".hidden"));
	assert_false(place_is_reference(""));
	assert_false(place_is_reference("a\r\nb"));
	assert_false(place_is_reference("a/b"));
}

UNIT_MAIN(cmocka_unit_test(a_registry_has_host_and_prefix),
	  cmocka_unit_test(without_a_scheme_it_is_https), cmocka_unit_test(loopback_is_local),
	  cmocka_unit_test(what_looks_like_loopback_is_not),
	  cmocka_unit_test(directories_have_paths),
	  cmocka_unit_test(what_could_be_misread_is_refused),
	  cmocka_unit_test(names_are_mapped_to_what_registries_allow),
	  cmocka_unit_test(two_names_are_never_one_repository),
	  cmocka_unit_test(references_are_tags_or_digests))
