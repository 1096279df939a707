/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parsers of what others wrote, each as a function of bytes. DKMS_FUZZ_TARGET names the one
 * that LLVMFuzzerTestOneInput() feeds: libFuzzer calls it (tests/fuzz/fuzz), and so does
 * replay.c, which needs no clang. A further parser is a function and a row of targets[].
 */
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/assignments.h"
#include "boot/image_format.h"
#include "shim/remembered.h"
#include "kernel/kernel.h"
#include "inspect/secure_boot.h"
#include "kernel/packed_image.h"
#include "kernel/symvers.h"
#include "kernel/toolchain.h"
#include "module/compress.h"
#include "module/elf.h"
#include "module/content.h"
#include "module/symbols.h"
#include "package/tarball_library.h"
#include "package/tarball_unpack.h"
#include "fingerprint/cmd_file.h"
#include "fingerprint/source_digest.h"
#include "reuse/manifest.h"
#include "remote/access_json.h"
#include "remote/oci_json.h"
#include "remote/place.h"
#include "journal/journal.h"
#include "sign/detached.h"
#include "trust/publishers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a file in memory: its path, owned by the caller; the descriptor is *ret_fd. */
static char *as_file(const uint8_t *data, size_t size, int *ret_fd)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	*ret_fd = fd;
	return text_format("/proc/self/fd/%d", fd);
}

static void feed_elf(const uint8_t *data, size_t size)
{
	struct error error = {0};
	struct elf elf;

	if (elf_open(&elf, data, size, &error) == 0) {
		struct elf_section table;
		struct elf_symbol symbol;
		uint64_t count;

		elf_find_symbols(&elf, &table, &count);
		for (uint64_t i = 0; i < count && i < 4096; i++)
			if (elf_get_symbol(&elf, &table, i, &symbol))
				(void)strlen(symbol.name);
	}
	error_clear(&error);
}

static void feed_symbols(const uint8_t *data, size_t size)
{
	struct module_symbols symbols = {0};
	struct error error = {0};

	(void)module_symbols_parse(data, size, &symbols, &error);
	module_symbols_free(&symbols);
	error_clear(&error);
}

/* What a worker says that somebody has taken over. */
static void feed_answer(const uint8_t *data, size_t size)
{
	struct module_symbols symbols = {0};
	struct answer answer = {0};

	buffer_add(&answer.bytes, (const char *)data, size);
	if (module_symbols_take(&answer, &symbols) == 0)
		for (size_t i = 0; i < symbols.import_count; i++)
			(void)strlen(symbols.imports[i].name);
	module_symbols_free(&symbols);
	answer_free(&answer);
}

static void feed_signature(const uint8_t *data, size_t size)
{
	struct error error = {0};
	size_t content = 0, cms = 0;

	(void)signature_find_start(data, size, &content, &error);
	if (signature_find_last(data, size, &content, &cms) == SIGNATURE_FORM_CMS &&
	    content + cms > size)
		abort();
	error_clear(&error);
}

/* The first byte picks the format. */
static void feed_compressed(const uint8_t *data, size_t size)
{
	static const enum compression kinds[] = {COMPRESSION_GZIP, COMPRESSION_XZ,
						 COMPRESSION_ZSTD};
	cleanup(free_string) char *plain = NULL;
	struct error error = {0};
	size_t length = 0;

	if (size &&
	    decompress(data + 1, size - 1, kinds[data[0] % 3], 1 << 20, &plain, &length, &error) ==
		    0 &&
	    length > 1 << 20)
		abort();
	error_clear(&error);
}

static void feed_symvers(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = strndup((const char *)data, size);
	struct symvers symvers = {0};
	struct error error = {0};

	(void)symvers_parse(&symvers, "Module.symvers", text, strlen(text), &error);
	(void)symvers_find(&symvers, "printk");
	symvers_free(&symvers);
	error_clear(&error);
}

static void feed_cmd_file(const uint8_t *data, size_t size)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);
	struct cmd_file file = {0};
	struct error error = {0};

	if (cmd_file_read(path, &file, &error) == 0)
		cmd_file_free(&file);
	error_clear(&error);
}

static void feed_makefile(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = strndup((const char *)data, size);

	free(makefile_probing(text, "Makefile"));
	free(makefile_command_probing(text));
}

static void feed_manifest(const uint8_t *data, size_t size)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	struct error error = {0};

	if (manifest_read(path, &manifest, &error) == 0)
		free(manifest_print(manifest));
	error_clear(&error);
}

static void parse_journal(const char *text, size_t length)
{
	cleanup(journal_free_handler) struct journal *journal = NULL;
	struct error error = {0};

	if (journal_parse(text, length, &journal, &error) == 0)
		free(journal_format(journal));
	error_clear(&error);
}

/* FNV-1a, 64 bits, as journals have it. */
static unsigned long long checksum_of(const char *text)
{
	unsigned long long hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* As it is, and with a checksum that fits, so that what is behind it is reached. */
static void feed_journal(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = strndup((const char *)data, size);
	char *closing = strstr(text, "\nchecksum ");

	parse_journal(text, strlen(text));
	if (closing)
		closing[1] = '\0';
	cleanup(free_string) char *mended = text_format("%schecksum %016llx\n", text,
							checksum_of(text));

	parse_journal(mended, strlen(mended));
}

static void feed_assignments(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = strndup((const char *)data, size);

	free(assignments_value(text, "ID"));
	free(assignments_value(text, "ID_LIKE"));
}

static bool count_certificate(void *context, const void *certificate, size_t length)
{
	size_t *bytes = context;

	*bytes += length + (length && *(const char *)certificate);
	return true;
}

static void feed_efi(const uint8_t *data, size_t size)
{
	struct error error = {0};
	size_t bytes = 0;

	(void)efi_signatures_visit(data, size, count_certificate, &bytes, &error);
	error_clear(&error);
}

static void feed_memory(const uint8_t *data, size_t size)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);
	struct memory_key key = memory_key_start();
	memory_answer answer;

	(void)memory_find(path, &key, answer);
	(void)memory_record_length((const char *)data, size);
}

static void feed_config(const uint8_t *data, size_t size)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);
	struct kernel_config *config = NEW(struct kernel_config);
	struct error error = {0};

	(void)kernel_config_load(config, path, &error);
	kernel_config_free(config);
	error_clear(&error);
}

static bool pass_by(void *context, const char *data, size_t length)
{
	*(unsigned char *)context ^= (unsigned char)data[length - 1];
	return true;
}

static void feed_image(const uint8_t *data, size_t size)
{
	enum { MOST = 8 << 20 };
	unsigned char sum = 0;
	cleanup(close_fd) int fd = -1;

	free(as_file(data, size, &fd));
	packed_image_read(fd, MOST, pass_by, &sum);
}

static void feed_vmlinux(const uint8_t *data, size_t size)
{
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);

	(void)vmlinux_is_built_by_clang(path);
}

static void feed_tarball(const uint8_t *data, size_t size)
{
	static const struct tarball_limits limits = {.entries = 64, .bytes = 1 << 20};
	char directory[] = "/tmp/dkms-fuzz.XXXXXX";
	cleanup(close_fd) int fd = -1;
	cleanup(free_string) char *path = as_file(data, size, &fd);
	struct strmap entries = {0};
	struct error error = {0};

	if (!mkdtemp(directory) || chdir(directory) < 0 || libarchive_load(&error) < 0)
		abort();
	cleanup(close_fd) int content = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)lseek(fd, 0, SEEK_SET);
	if (tarball_unpack_here(fd, path, directory, &limits, &error) == 0 &&
	    tarball_adopt(content, path, geteuid(), &limits, &entries, &error) < 0)
		abort(); /* what is not refused is fit */
	strmap_free(&entries, tarball_entry_free);
	error_clear(&error);
	if (chdir("/") < 0)
		abort();
	cleanup(free_string) char *command = text_format("rm -rf %s", directory);

	if (rmdir(directory) < 0 && system(command) != 0)
		abort();
}

/* What a registry says lies there. What is taken for a build can be said again. */
static void feed_oci(const uint8_t *data, size_t size)
{
	cleanup(oci_manifest_free) struct oci_manifest manifest = {0};
	struct error error = {0};

	if (oci_manifest_parse((const char *)data, size, &manifest, &error) == 0 &&
	    oci_require_build(&manifest, &error) == 0) {
		cleanup(free_string) char *text = oci_manifest_print(&manifest);

		for (size_t i = 0; i + 1 < manifest.layer_count; i++)
			if (strchr(manifest.layers[i].title, '/'))
				abort();
		if (!strlen(text))
			abort();
	}
	error_clear(&error);
}

static void feed_tags(const uint8_t *data, size_t size)
{
	cleanup(strv_free) struct strv tags = {0};
	struct error error = {0};
	const char *tag;

	(void)oci_tags_parse((const char *)data, size, &tags, &error);
	STRV_FOREACH (tag, &tags)
		if (strpbrk(tag, "/\r\n "))
			abort();
	error_clear(&error);
}

enum { LAYER_LIMIT = 1 << 20 };

static int count_layer(void *context, const void *data, size_t length, struct error *error)
{
	size_t *come = context;

	(void)data;
	(void)error;
	*come += length;
	if (*come > LAYER_LIMIT)
		abort();
	return 0;
}

/* In two pieces, as it may come from a network. */
static void feed_layer(const uint8_t *data, size_t size)
{
	size_t come = 0;
	struct zstd_reader *reader = zstd_reader_new(LAYER_LIMIT, count_layer, &come);
	struct error error = {0};

	if (zstd_reader_add(reader, data, size / 2, &error) == 0 &&
	    zstd_reader_add(reader, data + size / 2, size - size / 2, &error) == 0)
		(void)zstd_reader_end(reader, &error);
	zstd_reader_free(reader);
	error_clear(&error);
}

/* The first line is the header, the rest what the service answers. */
static void feed_token(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = strndup((const char *)data, size);
	cleanup(challenge_free) struct challenge challenge = {0};
	char *rest = strchr(text, '\n');

	if (rest)
		*rest++ = '\0';
	if (challenge_parse(text, &challenge) && !challenge.is_basic) {
		cleanup(free_string) char *url = challenge_url(&challenge, "repository:x:pull");

		if (strpbrk(url, "\r\n"))
			abort();
	}
	if (rest)
		free(token_parse(rest, strlen(rest)));
}

static void feed_access(const uint8_t *data, size_t size)
{
	cleanup(place_free) struct place place = {0};
	cleanup(free_string) char *user = NULL;
	cleanup(free_string) char *password = NULL;
	struct error error = {0};

	if (place_parse("https://host.example/dkms", &place, &error) < 0)
		abort();
	(void)access_parse((const char *)data, size, &place, &user, &password, &error);
	error_clear(&error);
}

/* The length of a certificate in two bytes, the certificate, and a signature that may be its own.
 */
static void feed_cms(const uint8_t *data, size_t size)
{
	size_t length = size < 2 ? 0 : (size_t)(data[0] << 8 | data[1]);

	if (size < 2 || length > size - 2)
		return;
	const struct detached_bytes certificate = {data + 2, length};
	const struct detached_bytes signature = {data + 2 + length, size - 2 - length};
	const struct detached_bytes content = {"content", 7};
	struct detached_certificate_facts described;
	struct detached_facts facts = {0};

	(void)detached_verify(&certificate, 1, &signature, 1, &content, &signature, &facts);
	free(facts.dates_text);
	facts.dates_text = NULL;
	(void)detached_verify(&certificate, 1, NULL, 0, &content, &signature, &facts);
	free(facts.dates_text);
	detached_describe(&certificate, &signature, 1, &described);
	free(described.key_id);
	free(described.name);
}

static void feed_binding(const uint8_t *data, size_t size)
{
	cleanup(free_string) char *text = xstrndup((const char *)data, size);
	cleanup(free_string) char *offence = NULL;
	struct trust_binding binding;

	if (!binding_parse(text, &binding, &offence))
		return;
	(void)binding_allows(&binding, "zfs", "https://example/dkms");
	binding_free(&binding);
}

/* In two pieces, as a decompressor may give them. */
static void feed_cpio(const uint8_t *data, size_t size)
{
	const size_t lengths[] = {size / 2, size - size / 2};
	struct strmap wanted = {0};
	struct cpio_names names = {.wanted = &wanted};
	struct error error = {0};
	size_t taken = 0;

	(void)strmap_set(&wanted, "one", NULL);
	(void)strmap_set(&wanted, "b_c", NULL);
	for (int i = 0; i < 2 && !error.code; i++, data += size / 2)
		if (cpio_names_feed(&names, (const char *)data, lengths[i], &taken, &error) == 0 &&
		    taken > lengths[i])
			abort();
	if (names.found > wanted.count)
		abort();
	strmap_free(&wanted, NULL);
	error_clear(&error);
}

static void feed_pe(const uint8_t *data, size_t size)
{
	uint64_t offset = 0, length = 0;

	if (pe_section_find(data, size, ".initrd", &offset, &length) &&
	    (offset > UINT32_MAX || length > UINT32_MAX))
		abort();
}

static const struct target {
	const char *name;
	void (*feed)(const uint8_t *data, size_t size);
} targets[] = {
	{"elf", feed_elf},
	{"symbols", feed_symbols},
	{"answer", feed_answer},
	{"signature", feed_signature},
	{"compressed", feed_compressed},
	{"symvers", feed_symvers},
	{"cmd_file", feed_cmd_file},
	{"makefile", feed_makefile},
	{"manifest", feed_manifest},
	{"journal", feed_journal},
	{"assignments", feed_assignments},
	{"efi", feed_efi},
	{"memory", feed_memory},
	{"config", feed_config},
	{"image", feed_image},
	{"vmlinux", feed_vmlinux},
	{"tarball", feed_tarball},
	{"oci", feed_oci},
	{"tags", feed_tags},
	{"layer", feed_layer},
	{"token", feed_token},
	{"access", feed_access},
	{"cms", feed_cms},
	{"binding", feed_binding},
	{"cpio", feed_cpio},
	{"pe", feed_pe},
};

static const struct target *find_target(void)
{
	const char *name = getenv("DKMS_FUZZ_TARGET");

	for (size_t i = 0; name && i < sizeof(targets) / sizeof(*targets); i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	fputs("DKMS_FUZZ_TARGET is to be one of", stderr);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		fprintf(stderr, " %s", targets[i].name);
	fputs("\n", stderr);
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct target *target;

	if (!target)
		target = find_target();
	target->feed(data, size);
	return 0;
}
