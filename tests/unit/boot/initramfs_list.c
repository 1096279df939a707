/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "boot/initramfs_list.h"
#include "scratch.h"

/* Runs shell text in the scratch directory. */
static void shell(const char *scratch, const char *text)
{
	cleanup(free_string) char *command = text_format(
		"set -e; set -o pipefail; cd '%s'; pack() { cpio -o -H newc --quiet; }; %s",
		scratch, text);
	cleanup(free_string) char *line = text_format("bash -c \"$DKMS_TEST_COMMAND\"");

	assert_int_equal(setenv("DKMS_TEST_COMMAND", command, 1), 0);
	assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c): the tests' own words */
}

/* What an image is made of: microcode, a main part with modules among other files. */
static char *make_parts(void)
{
	char *scratch = scratch_make();

	shell(scratch,
	      "mkdir -p ucode/kernel/x86/microcode main/usr/lib/modules/6.1/updates/dkms "
	      "main/usr/lib/modules/6.1/kernel/fs main/etc; "
	      "head -c 20001 /dev/urandom >ucode/kernel/x86/microcode/GenuineIntel.bin; "
	      "head -c 300000 /dev/urandom >main/usr/lib/modules/6.1/kernel/fs/ext4.ko.xz; "
	      "head -c 7 /dev/urandom >main/usr/lib/modules/6.1/updates/dkms/my-driver.ko; "
	      "echo other.ko >main/etc/words; ln -s words main/etc/link; "
	      "touch main/etc/fourth.ko.bak main/usr/lib/modules/6.1/kernel/fs/nfs.ko.zst; "
	      "(cd ucode && find . | sort | pack) >early.cpio; "
	      "(cd main && find . | sort | pack) >main.cpio");
	return scratch;
}

static int list(const char *scratch, const char *names, struct strv *found, struct error *error)
{
	cleanup(free_string) char *path = path_join(scratch, "image", NULL);
	cleanup(strv_free) struct strv wanted = {0};

	strv_split(&wanted, names, " ");
	return initramfs_list(path, &wanted, found, error);
}

static void assert_holds(const char *scratch, const char *names, const char *expected)
{
	cleanup(strv_free) struct strv found = {0};
	struct error error = {0};

	if (list(scratch, names, &found, &error) < 0)
		fail_msg("%s", error.message);
	cleanup(free_string) char *text = strv_join(&found, " ");

	assert_string_equal(text, expected);
}

static void assert_refused(const char *scratch, const char *part)
{
	cleanup(strv_free) struct strv found = {0};
	struct error error = {0};

	assert_true(list(scratch, "absent", &found, &error) < 0);
	assert_error(&error, 0, part);
	assert_int_equal(found.count, 0);
}

static void every_compression_is_read_behind_plain_microcode(void **state)
{
	static const char *const ways[] = {
		"cat",    "gzip",  "xz --check=crc32", "zstd -q -9", "lz4 -q -l",
		"lz4 -q", "bzip2", "xz --format=lzma"};
	cleanup(scratch_remove) char *scratch = make_parts();

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		cleanup(free_string) char *script = text_format(
			"(cat early.cpio; %s <main.cpio) >image; %s <main.cpio >bare", ways[i],
			ways[i]);

		shell(scratch, script);
		assert_holds(scratch, "my_driver ext4 nfs other fourth absent",
			     "my_driver ext4 nfs");
		shell(scratch, "mv bare image");
		assert_holds(scratch, "absent my_driver", "my_driver");
	}
}

static void parts_of_every_kind_follow_each_other(void **state)
{
	cleanup(scratch_remove) char *scratch = make_parts();

	(void)state;
	shell(scratch, "mkdir a b; touch a/one.ko b/two.ko; (cd a && find . | pack) >a.cpio; "
		       "(cd b && find . | pack) >b.cpio; "
		       "(cat early.cpio a.cpio; head -c 512 /dev/zero; gzip <b.cpio; "
		       "xz --check=crc32 <main.cpio) >image");
	assert_holds(scratch, "one two my_driver absent", "one two my_driver");
	shell(scratch, "cat a.cpio b.cpio main.cpio | zstd -q >image");
	assert_holds(scratch, "one two my_driver absent", "one two my_driver");
	/* What follows a whole image does not take anything from it. */
	shell(scratch, "(gzip <main.cpio; head -c 64 /dev/zero) >image");
	assert_holds(scratch, "my_driver absent", "my_driver");
}

static void what_is_broken_or_unknown_is_an_error(void **state)
{
	cleanup(scratch_remove) char *scratch = make_parts();

	(void)state;
	shell(scratch, "zstd -q <main.cpio >image; truncate -s 100000 image");
	assert_refused(scratch, "Cannot read");
	shell(scratch, "head -c 1000 main.cpio >image");
	assert_refused(scratch, "it ends too early");
	shell(scratch, "(cat early.cpio; echo this is no archive at all) >image");
	assert_refused(scratch, "no cpio archive");
	shell(scratch, ": >image");
	assert_refused(scratch, "it ends too early");
	shell(scratch, "sed 's/TRAILER!!!/TRAILER---/' main.cpio | gzip >image");
	assert_refused(scratch, "Cannot read");
	shell(scratch, "(printf '070701'; head -c 200 /dev/zero) >image");
	assert_refused(scratch, "a cpio archive in it is broken");
	shell(scratch, "rm image; mkfifo image");
	assert_refused(scratch, "is not a file");
	shell(scratch, "rm image; ln -s /nowhere image");
	assert_refused(scratch, "Cannot open");
}

/* As ukify and dracut make them: a program for EFI with the image as a section. */
static void the_part_of_a_unified_kernel_image_is_read(void **state)
{
	static const char *const ways[] = {"cat", "gzip", "zstd -q", "xz --check=crc32",
					   "lz4 -q -l"};
	cleanup(scratch_remove) char *scratch = make_parts();

	(void)state;
	shell(scratch, "echo 'int main(void) { return 0; }' >stub.c; gcc -c -o stub.o stub.c");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		cleanup(free_string) char *script = text_format(
			"(cat early.cpio; %s <main.cpio) >part; objcopy -O pei-x86-64 "
			"--remove-section .note.gnu.property --add-section .initrd=part "
			"--set-section-flags .initrd=data,readonly stub.o image",
			ways[i]);

		shell(scratch, script);
		assert_holds(scratch, "my_driver ext4 absent", "my_driver ext4");
	}
	shell(scratch, "objcopy -O pei-x86-64 --remove-section .note.gnu.property stub.o image");
	assert_refused(scratch, "it is a program that holds no initramfs");
	shell(scratch, "printf MZ >image");
	assert_refused(scratch, "it is a program that holds no initramfs");
}

UNIT_MAIN(cmocka_unit_test(the_part_of_a_unified_kernel_image_is_read),
	  cmocka_unit_test(every_compression_is_read_behind_plain_microcode),
	  cmocka_unit_test(parts_of_every_kind_follow_each_other),
	  cmocka_unit_test(what_is_broken_or_unknown_is_an_error))
