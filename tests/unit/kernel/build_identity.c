/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include <sys/utsname.h>

#include "fixture.h"
#include "kernel/kernel.h"

#define IDENTITY "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3 (2026-11-26)"

/* Of the kernel RELEASE below scratch; NULL with an error. */
static char *identify(void **state, struct error *error)
{
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(*state);
	char *identity = NULL;

	settings_init(&settings, *state);
	(void)kernel_build_identity(&settings, kernel, &identity, error);
	return identity;
}

static void assert_identity(void **state, const char *expected)
{
	struct error error = {0};
	cleanup(free_string) char *identity = identify(state, &error);

	assert_int_equal(error.code, 0);
	assert_string_equal(identity, expected);
}

static void assert_none(void **state)
{
	struct error error = {0};
	cleanup(free_string) char *identity = identify(state, &error);

	assert_null(identity);
	assert_error(&error, 0, "Nothing tells which build of kernel " RELEASE " is installed");
}

static void headers_tell_it(void **state)
{
	assert_none(state);
	scratch_write(*state, MODULES "build/include/generated/compile.h",
		      "#define UTS_MACHINE \"x\"\n#define UTS_VERSION \"#7 SMP old\"\n");
	assert_identity(state, "#7 SMP old");
	scratch_write(*state, MODULES "build/include/generated/utsversion.h",
		      "#define UTS_VERSION \"" IDENTITY "\"\n");
	assert_identity(state, IDENTITY);
}

/* struct utsname has no room for more. */
static void a_long_one_is_cut_as_uname_cuts_it(void **state)
{
	scratch_write(
		*state, MODULES "build/include/generated/utsversion.h",
		"#define UTS_VERSION \"#1 3456789012345678901234567890123456789012345678901234"
		"5678901234567890\"\n");
	assert_identity(state, "#1 3456789012345678901234567890123456789012345678901234567890123");
}

static void write_bzimage(void **state, const char *text)
{
	char image[0x1000] = {0};

	memcpy(image + 0x202, "HdrS", 4);
	image[0x20f] = 0x2;
	(void)snprintf(image + 0x400, 0x400, "%s", text);
	scratch_write_bytes(*state, "boot/vmlinuz-" RELEASE, image, sizeof(image), 0644);
}

static void an_image_tells_it_in_its_boot_header(void **state)
{
	write_bzimage(state, RELEASE " (who@where.org) " IDENTITY);
	assert_identity(state, IDENTITY);
	write_bzimage(state, "6.1.0-tes (who@where.org) " IDENTITY);
	assert_none(state);
	write_bzimage(state, RELEASE " who@where.org " IDENTITY);
	assert_none(state);
	write_bzimage(state, "");
	assert_none(state);
}

static void an_image_tells_it_in_its_banner(void **state)
{
	cleanup(buffer_free) struct buffer image = {0};

	/* Across the end of what is read at once. */
	for (size_t i = 0; i < (1 << 20) - 40; i++)
		buffer_add_char(&image, 'x');
	buffer_add_text(&image, "Linux version " RELEASE " (who@where) (gcc (Debian 12) 12.2, GNU "
				"ld (GNU) 2.40) " IDENTITY "\n");
	scratch_write_bytes(*state, MODULES "vmlinuz", image.data, image.length, 0644);
	assert_identity(state, IDENTITY);
	scratch_write(*state, MODULES "vmlinuz", "Linux version " RELEASE " (who@where) ");
	assert_none(state);
	scratch_write(*state, MODULES "vmlinuz",
		      "Linux version " RELEASE "-other (w) (gcc) " IDENTITY "\n");
	assert_none(state);
}

/* What a program makes of the image in MODULES "vmlinuz", at its place. */
static void pack(void **state, const char *command)
{
	cleanup(free_string) char *line = text_format("cd %s/lib/modules/%s && %s",
						      (const char *)*state, RELEASE, command);

	assert_int_equal(system(line), 0);
}

static void write_long_image(void **state)
{
	static const char banner[] = "Linux version " RELEASE " (who@where) (gcc) " IDENTITY "\n";
	static uint32_t noise[3 << 17];
	const size_t place = sizeof(noise) * 3 / 4;

	/* Not at the beginning, and not what a packer makes nothing of. */
	for (size_t i = 0; i < sizeof(noise) / sizeof(*noise); i++)
		noise[i] = (uint32_t)i * 2654435761U >> 8;
	memcpy((char *)noise + place, banner, strlen(banner));
	scratch_write_bytes(*state, MODULES "vmlinuz", noise, sizeof(noise), 0644);
}

static void a_compressed_image_tells_it(void **state)
{
	static const char *const packers[] = {"gzip -n", "zstd -q --rm --long=27", "xz -0",
					      "xz -0 --format=lzma"};

	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++) {
		cleanup(free_string) char *command = text_format(
			"%s vmlinuz && mv vmlinuz.* vmlinuz", packers[i]);

		write_long_image(state);
		pack(state, command);
		assert_identity(state, IDENTITY);
	}
	/* Cut short before the banner. */
	write_long_image(state);
	pack(state, "gzip -n vmlinuz && mv vmlinuz.gz vmlinuz && truncate -s 100000 vmlinuz");
	assert_none(state);
}

/* An EFI program that unpacks the kernel, with its header of drivers/firmware/efi/libstub. */
static void write_program(void **state, const char *packer, const char *name, unsigned int extra)
{
	cleanup(free_string) char *command = text_format(
		"%s vmlinuz && mv vmlinuz.* packed && size=$(stat -c %%s packed) && "
		"{ printf 'MZ\\0\\0zimg\\0\\4\\0\\0'; python3 -c 'import struct, sys; "
		"sys.stdout.buffer.write(struct.pack(\"<I\", int(sys.argv[1])))' $((size + %u)); "
		"printf '\\0\\0\\0\\0\\0\\0\\0\\0%%s' '%s'; head -c 4096 /dev/zero; } | "
		"head -c 1024 >vmlinuz && cat packed >>vmlinuz && rm packed",
		packer, extra, name);

	write_long_image(state);
	pack(state, command);
}

static void an_efi_program_tells_it(void **state)
{
	write_program(state, "gzip -n", "gzip", 0);
	assert_identity(state, IDENTITY);
	write_program(state, "zstd -q --rm", "zstd22", 0);
	assert_identity(state, IDENTITY);
	write_program(state, "xz -0", "xzkern", 1000000);
	assert_identity(state, IDENTITY);
	write_program(state, "gzip -n", "lz77", 0);
	assert_none(state);
}

static void a_banner_that_is_cut_short_is_none(void **state)
{
	scratch_write(*state, MODULES "vmlinuz", "Linux version " RELEASE " (w) (gcc) #1 SMP Deb");
	assert_none(state);
}

/* A stranger's image is read where it can do no harm, and a directory or FIFO is none. */
static void what_is_no_image_tells_nothing(void **state)
{
	scratch_directory(*state, "boot/vmlinuz-" RELEASE);
	assert_none(state);
	scratch_write(*state, MODULES "vmlinuz", "");
	assert_none(state);
}

static void the_running_kernel_tells_it(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(free_string) char *release = kernel_running_release();
	cleanup(free_string) char *identity = NULL;
	struct kernel_id id = {release, (char *)"x86_64"};
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;
	struct utsname running;
	struct error error = {0};

	settings_init(&settings, "");
	text_assign(&settings.install_tree, *state);
	assert_int_equal(uname(&running), 0);
	assert_int_equal(kernel_open(&settings, &id, &kernel, &error), 0);
	assert_int_equal(kernel_build_identity(&settings, kernel, &identity, &error), 0);
	assert_true(text_starts_with(running.version, identity));
}

UNIT_MAIN(scratch_test(headers_tell_it), scratch_test(a_long_one_is_cut_as_uname_cuts_it),
	  scratch_test(an_image_tells_it_in_its_boot_header),
	  scratch_test(an_image_tells_it_in_its_banner), scratch_test(a_compressed_image_tells_it),
	  scratch_test(an_efi_program_tells_it), scratch_test(a_banner_that_is_cut_short_is_none),
	  scratch_test(what_is_no_image_tells_nothing), scratch_test(the_running_kernel_tells_it))
