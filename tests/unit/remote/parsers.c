/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include "remote/access_json.h"
#include "base/json.h"
#include "remote/oci_json.h"

static void a_challenge_names_where_to_get_a_token(void **state)
{
	cleanup(challenge_free) struct challenge challenge = {0};

	(void)state;
	assert_true(challenge_parse("Bearer realm=\"https://auth.example/token\",service=\"reg a\","
				    "scope=\"repository:x:pull\"",
				    &challenge));
	cleanup(free_string) char *url = challenge_url(&challenge, "other");

	assert_string_equal(url, "https://auth.example/token?scope=repository:x:pull"
				 "&service=reg%20a");
}

static void bad_challenges_are_not_followed(void **state)
{
	static const char *const headers[] = {
		"Bearer realm=\"file:///etc/passwd\"",
		"Bearer realm=\"gopher://host/\"",
		"Bearer realm=\"https://a\r\nX: y\"",
		"Bearer service=\"a\"",
		"Bearer ",
		"Negotiate",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		cleanup(challenge_free) struct challenge challenge = {0};

		assert_false(challenge_parse(headers[i], &challenge));
	}
}

static char *token_of(const char *text)
{
	return token_parse(text, strlen(text));
}

static void only_a_token_is_a_token(void **state)
{
	cleanup(free_string) char *token = token_of("{\"token\":\"abc.def\"}");
	cleanup(free_string) char *access = token_of("{\"access_token\":\"xyz\"}");

	(void)state;
	assert_string_equal(token, "abc.def");
	assert_string_equal(access, "xyz");
	assert_null(token_of("{\"token\":\"a\\r\\nX-Evil: b\"}"));
	assert_null(token_of("{\"token\":\"\"}"));
	assert_null(token_of("{\"token\":7}"));
	assert_null(token_of("<html>"));
}

struct login {
	char *user, *password;
	int code;
};

static struct login login_of(const char *base, const char *text)
{
	cleanup(place_free) struct place place = {0};
	struct login login = {0};
	struct error error = {0};

	assert_ok(place_parse(base, &place, &error), &error);
	login.code = access_parse(text, strlen(text), &place, &login.user, &login.password, &error);
	error_clear(&error);
	return login;
}

static void expect_login(const char *base, const char *text, const char *user)
{
	struct login login = login_of(base, text);

	assert_int_equal(login.code, 0);
	if (user)
		assert_string_equal(login.user, user);
	else
		assert_null(login.user);
	free(login.user);
	free(login.password);
}

static void credentials_are_those_of_the_registry(void **state)
{
	/* "me:secret", "you:other" */
	static const char text[] = "{\"auths\":{\"host.example\":{\"auth\":\"bWU6c2VjcmV0\"},"
				   "\"host.example/lab\":{\"auth\":\"eW91Om90aGVy\"},"
				   "\"https://index.example/v1/\":{\"username\":\"they\","
				   "\"password\":\"third\"}}}";

	(void)state;
	expect_login("https://host.example/dkms", text, "me");
	expect_login("https://host.example/lab/dkms", text, "you");
	expect_login("https://index.example/dkms", text, "they");
	expect_login("https://host.example.evil/dkms", text, NULL);
	expect_login("https://host.example:444/dkms", text, NULL);
	expect_login("https://other.example/dkms", text, NULL);
}

static void bad_credentials_are_refused(void **state)
{
	static const char *const texts[] = {
		"{\"auths\":{\"host.example\":{\"auth\":\"***\"}}}",
		"{\"auths\":{\"host.example\":{\"auth\":\"bm9jb2xvbg==\"}}}",
		"{\"auths\":{\"host.example\":{\"username\":\"a\\nb\",\"password\":\"c\"}}}",
		"{\"auths\":{\"host.example\":{}}}",
		"no json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(login_of("https://host.example", texts[i]).code, -EINVAL);
}

static void json_is_bounded(void **state)
{
	struct buffer deep = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		buffer_add_text(&deep, "{\"a\":");
	buffer_add_text(&deep, "1");
	for (int i = 0; i < 100; i++)
		buffer_add_text(&deep, "}");
	assert_null(json_parse_bounded(deep.data, deep.length, 1 << 20));
	assert_null(json_parse_bounded("{} x", 4, 1 << 20));
	assert_null(json_parse_bounded("{ }", 3, 2));
	assert_null(json_parse_bounded("{}\0", 3, 100));
	buffer_free(&deep);
}

static void tags_that_are_none_are_left_out(void **state)
{
	static const char text[] =
		"{\"name\":\"x\",\"tags\":[\"b1-a\",\"../b\",7,\"c\\nd\",\"e\"]}";
	cleanup(strv_free) struct strv tags = {0};
	struct error error = {0};

	(void)state;
	assert_ok(oci_tags_parse(text, strlen(text), &tags, &error), &error);
	cleanup(free_string) char *all = strv_join(&tags, " ");

	assert_string_equal(all, "b1-a e");
	assert_int_equal(oci_tags_parse("{}", 2, &tags, &error), -EBADMSG);
	error_clear(&error);
}

UNIT_MAIN(cmocka_unit_test(a_challenge_names_where_to_get_a_token),
	  cmocka_unit_test(bad_challenges_are_not_followed),
	  cmocka_unit_test(only_a_token_is_a_token),
	  cmocka_unit_test(credentials_are_those_of_the_registry),
	  cmocka_unit_test(bad_credentials_are_refused), cmocka_unit_test(json_is_bounded),
	  cmocka_unit_test(tags_that_are_none_are_left_out))
