/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include <sys/stat.h>

#include "module/compress.h"
#include "module/files.h"
#include "module/content.h"
#include "module/ko.h"

static const char *const full_info[] = {"version=1.2", "srcversion=ABC", "vermagic=6.1 SMP ",
					"author=nobody", NULL};
static const char *const other_version[] = {"version=1.3", "srcversion=ABC", NULL};
static const char *const other_source[] = {"version=1.2", "srcversion=ABD", NULL};
static const char *const version_alone[] = {"version=1.2", NULL};
static const char *const no_version[] = {"license=GPL", NULL};
static const char one[] = "int answer(void) { return 1; }";
static const char two[] = "int answer(void) { return 2; }";

static bool same(const char *a, const char *b)
{
	struct error error = {0};
	bool forth, back;

	assert_ok(ko_same_module(a, b, &forth, &error), &error);
	assert_ok(ko_same_module(b, a, &back, &error), &error);
	assert_int_equal(forth, back);
	return forth;
}

static void append_signature(const char *path)
{
	cleanup(buffer_free) struct buffer module = {0};
	struct error error = {0};
	size_t length;
	cleanup(free_string) char *data = scratch_read(path, &length);

	buffer_add(&module, data, length);
	signature_append(&module, "no CMS", 6);
	assert_ok(file_write(path, module.data, module.length, 0644, &error), &error);
}

static void only_a_regular_file_is_opened(void **state)
{
	cleanup(free_string) char *fifo = path_join(*state, "fifo.ko", NULL);
	struct error error = {0};
	int fd = -7;

	module_open(*state, &fd, &error);
	assert_failure(&error, -EISDIR, *state);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	module_open(fifo, &fd, &error);
	assert_failure(&error, -EINVAL, fifo);
	module_open("/dev/zero", &fd, &error);
	assert_failure(&error, -EINVAL, "/dev/zero");
	assert_int_equal(fd, -7);
}

static void what_cannot_be_read_is_named(void **state)
{
	cleanup(free_string) char *missing = path_join(*state, "missing.ko", NULL);
	cleanup(free_string) char *text = scratch_file(state, "text.ko", "text", 4);
	cleanup(free_string) char *damaged = scratch_file(state, "text.ko.xz", "text", 4);
	struct error error = {0};
	struct ko_info info = {.version = (char *)"untouched"};
	char *data = NULL;
	size_t length;
	bool is_same;

	ko_read_info(missing, &info, &error);
	assert_failure(&error, -ENOENT, missing);
	ko_same_module(text, missing, &is_same, &error);
	assert_failure(&error, -ENOENT, missing);
	ko_read(*state, &data, &length, &error);
	assert_failure(&error, -EISDIR, *state);
	ko_read_info(text, &info, &error);
	assert_non_null(strstr(error.message, text));
	assert_failure(&error, -ENOEXEC, "It is no kernel module: not an ELF file");
	ko_read_info(damaged, &info, &error);
	assert_non_null(strstr(error.message, damaged));
	assert_failure(&error, -EBADMSG, "The xz data is damaged");
	assert_string_equal(info.version, "untouched");
	assert_null(data);
}

static void a_module_cut_short_is_named(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", full_info, one);
	struct error error = {0};
	struct ko_info info;

	run("truncate -s -100 '%s'", path);
	ko_read_info(path, &info, &error);
	assert_non_null(strstr(error.message, path));
	assert_failure(&error, -ENOEXEC, "cut short");
}

static void a_damaged_signature_is_named(void **state)
{
	cleanup(free_string) char *path = scratch_file(state, "m.ko",
						       "~Module signature appended~\n", 28);
	struct error error = {0};
	struct ko_info info;

	ko_read_info(path, &info, &error);
	assert_non_null(strstr(error.message, path));
	assert_failure(&error, -EBADMSG, "Its signature is cut short");
}

static void information_is_read_from_every_format(void **state)
{
	for (int format = COMPRESSION_NONE; format <= COMPRESSION_ZSTD; format++) {
		cleanup(free_string) char *plain = make_module(state, "m.ko", full_info, one);
		cleanup(free_string) char *path = NULL;
		cleanup(ko_info_free) struct ko_info info = {0};
		struct error error = {0};

		assert_ok(compress_file(plain, (enum compression)format, NULL, &path, &error),
			  &error);
		assert_ok(ko_read_info(path, &info, &error), &error);
		assert_string_equal(info.version, "1.2");
		assert_string_equal(info.srcversion, "ABC");
		assert_string_equal(info.vermagic, "6.1 SMP ");
	}
}

static void a_module_may_say_nothing(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", no_version, one);
	cleanup(ko_info_free) struct ko_info info = {0};
	struct error error = {0};

	assert_ok(ko_read_info(path, &info, &error), &error);
	assert_null(info.version);
	assert_null(info.srcversion);
}

static void an_unreadable_signature_does_no_harm(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", full_info, one);
	cleanup(ko_info_free) struct ko_info info = {0};
	struct error error = {0};

	append_signature(path);
	assert_ok(ko_read_info(path, &info, &error), &error);
	assert_string_equal(info.version, "1.2");
}

static void versions_decide_where_there_are_any(void **state)
{
	cleanup(free_string) char *a = make_module(state, "a.ko", full_info, one);
	cleanup(free_string) char *b = make_module(state, "b.ko", full_info, two);
	cleanup(free_string) char *c = make_module(state, "c.ko", other_version, one);
	cleanup(free_string) char *d = make_module(state, "d.ko", other_source, one);
	cleanup(free_string) char *e = make_module(state, "e.ko", version_alone, one);
	cleanup(free_string) char *f = make_module(state, "f.ko", no_version, one);

	assert_true(same(a, b));
	assert_false(same(a, c));
	assert_false(same(a, d));
	assert_false(same(a, e));
	assert_false(same(a, f));
	assert_false(same(e, f));
}

static void bytes_decide_where_there_are_none(void **state)
{
	cleanup(free_string) char *a = make_module(state, "a.ko", no_version, one);
	cleanup(free_string) char *b = make_module(state, "b.ko", no_version, two);
	cleanup(free_string) char *copy = path_join(*state, "copy.ko", NULL);
	cleanup(free_string) char *compressed = NULL;
	struct error error = {0};

	assert_ok(file_copy(a, copy, &error), &error);
	assert_false(same(a, b));
	append_signature(copy);
	assert_true(same(a, copy));
	append_signature(a);
	assert_true(same(a, copy));
	assert_ok(compress_file(copy, COMPRESSION_GZIP, NULL, &compressed, &error), &error);
	assert_true(same(a, compressed));
}

static void files_that_are_no_modules_are_compared_as_bytes(void **state)
{
	cleanup(free_string) char *a = scratch_file(state, "a.ko", "text", 4);
	cleanup(free_string) char *b = scratch_file(state, "b.ko", "text", 4);
	cleanup(free_string) char *c = scratch_file(state, "c.ko", "other", 5);
	cleanup(free_string) char *module = make_module(state, "m.ko", full_info, one);

	assert_true(same(a, b));
	assert_false(same(a, c));
	assert_false(same(a, module));
}

static void a_signature_that_claims_too_much_is_damaged(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	struct error error = {0};
	size_t length = 77;

	(void)state;
	buffer_add_text(&module, "module");
	signature_append(&module, "signature", 9);
	/* The first byte of the module is lost: still whole. One byte more than that: damaged. */
	assert_ok(signature_find_start(module.data + 1, module.length - 1, &length, &error),
		  &error);
	assert_int_equal(length, 5);
	length = 77;
	signature_find_start(module.data + 7, module.length - 7, &length, &error);
	assert_failure(&error, -EBADMSG, "claims 9 bytes where there are 8");
	signature_find_start("~Module signature appended~\n", 28, &length, &error);
	assert_failure(&error, -EBADMSG, "cut short");
	assert_int_equal(length, 77);
}

static void an_unsigned_module_is_all_module(void **state)
{
	struct error error = {0};
	size_t length = 77;

	(void)state;
	assert_ok(signature_find_start("", 0, &length, &error), &error);
	assert_int_equal(length, 0);
	assert_ok(signature_find_start("~Module signature appended~ ", 28, &length, &error),
		  &error);
	assert_int_equal(length, 28);
}

static void every_signature_is_found(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	struct error error = {0};
	size_t length;

	(void)state;
	buffer_add_text(&module, "module");
	signature_append(&module, "", 0);
	signature_append(&module, "once more", 9);
	assert_ok(signature_find_start(module.data, module.length, &length, &error), &error);
	assert_int_equal(length, 6);
}

static void the_trailer_is_what_the_kernel_reads(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	static const char expected[] = "M"
				       "CMS"
				       "\0\0\2\0\0\0\0\0"
				       "\0\0\0\3"
				       "~Module signature appended~\n";

	(void)state;
	buffer_add_text(&module, "M");
	signature_append(&module, "CMS", 3);
	assert_int_equal(module.length, sizeof(expected) - 1);
	assert_memory_equal(module.data, expected, module.length);
}

/* "MODULE", eight bytes for a CMS, and a trailer that says so, before something is changed. */
static void make_trailed(struct buffer *module)
{
	buffer_add_text(module, "MODULE");
	signature_append(module, "a CMS...", 8);
}

static enum signature_form form_of(const struct buffer *module, size_t length)
{
	size_t content = 77, cms = 77;
	enum signature_form form = signature_find_last(module->data, length, &content, &cms);

	if (form == SIGNATURE_FORM_CMS) {
		assert_int_equal(content, 6);
		assert_int_equal(cms, 8);
	}
	return form;
}

/* The trailer's bytes as kernel/module_signature.c judges them. */
static void what_says_it_is_a_signature_is_judged_as_the_kernel_does(void **state)
{
	static const struct {
		size_t from_end; /* of the byte in the trailer's 12 */
		char value;
		enum signature_form form;
	} cases[] = {
		{12, 1, SIGNATURE_FORM_SENSELESS}, /* an algorithm */
		{11, 1, SIGNATURE_FORM_SENSELESS}, /* a hash */
		{10, 1, SIGNATURE_FORM_UNKNOWN},   /* the form before CMS */
		{9, 1, SIGNATURE_FORM_SENSELESS},  /* a signer's name */
		{8, 1, SIGNATURE_FORM_SENSELESS},  /* a key's */
		{5, 1, SIGNATURE_FORM_SENSELESS},  /* padding */
		{1, 14, SIGNATURE_FORM_SENSELESS}, /* a length that leaves no module */
		{4, 1, SIGNATURE_FORM_SENSELESS},  /* and one of 16 MiB */
	};
	cleanup(buffer_free) struct buffer module = {0};

	(void)state;
	make_trailed(&module);
	assert_int_equal(form_of(&module, module.length), SIGNATURE_FORM_CMS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(buffer_free) struct buffer changed = {0};

		make_trailed(&changed);
		changed.data[changed.length - 28 - cases[i].from_end] = cases[i].value;
		assert_int_equal(form_of(&changed, changed.length), cases[i].form);
	}
}

static void a_marker_alone_is_senseless_unless_it_is_the_whole_file(void **state)
{
	static const char alone[] = "~Module signature appended~\n";
	cleanup(buffer_free) struct buffer module = {0};
	size_t unused;

	(void)state;
	assert_int_equal(signature_find_last(alone, 28, &unused, &unused), SIGNATURE_FORM_NONE);
	assert_int_equal(signature_find_last(alone + 1, 27, &unused, &unused), SIGNATURE_FORM_NONE);
	assert_int_equal(signature_find_last(alone, 0, &unused, &unused), SIGNATURE_FORM_NONE);
	for (size_t i = 0; i < 12; i++) {
		buffer_free(&module);
		for (size_t j = 0; j <= i; j++)
			buffer_add_char(&module, '\0');
		buffer_add_text(&module, alone);
		assert_int_equal(form_of(&module, module.length), SIGNATURE_FORM_SENSELESS);
	}
	assert_int_equal(form_of(&module, module.length - 1), SIGNATURE_FORM_NONE);
}

UNIT_MAIN(scratch_test(only_a_regular_file_is_opened), scratch_test(what_cannot_be_read_is_named),
	  scratch_test(a_module_cut_short_is_named), scratch_test(a_damaged_signature_is_named),
	  scratch_test(information_is_read_from_every_format),
	  scratch_test(a_module_may_say_nothing),
	  scratch_test(an_unreadable_signature_does_no_harm),
	  scratch_test(versions_decide_where_there_are_any),
	  scratch_test(bytes_decide_where_there_are_none),
	  scratch_test(files_that_are_no_modules_are_compared_as_bytes),
	  cmocka_unit_test(what_says_it_is_a_signature_is_judged_as_the_kernel_does),
	  cmocka_unit_test(a_marker_alone_is_senseless_unless_it_is_the_whole_file),
	  cmocka_unit_test(a_signature_that_claims_too_much_is_damaged),
	  cmocka_unit_test(an_unsigned_module_is_all_module),
	  cmocka_unit_test(every_signature_is_found),
	  cmocka_unit_test(the_trailer_is_what_the_kernel_reads))
