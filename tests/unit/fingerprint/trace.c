/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Build directories as kbuild leaves them, written by hand. */
#include "reuse/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fingerprint/trace_worker.h"

/* As commands see the build directory. */
#define SHOWN "/var/lib/dkms/mod/1.0/build"

/* The record of compiling the target, which read the files: one a line, with blanks and " \"
 * around. */
static void compiled(void **state, const char *target, const char *option, const char *files)
{
	cleanup(free_string) char *name = text_format("build/.%s.cmd", target);
	cleanup(free_string) char *object = text_format("build/%s", target);
	cleanup(free_string) char *text = text_format(
		"cmd_" SHOWN "/%s := gcc -Wp,-MMD,x.d %s -c\n\nsource_" SHOWN "/%s := " SHOWN
		"/mod.c\n\ndeps_" SHOWN "/%s := \\\n%s\n" SHOWN "/%s: $(deps_" SHOWN
		"/%s)\n\n$(deps_" SHOWN "/%s):\n",
		target, option, target, target, files, target, target, target);

	scratch_write(*state, name, text);
	scratch_write(*state, object, "object");
}

static void linked(void **state, const char *target)
{
	cleanup(free_string) char *name = text_format("build/.%s.cmd", target);

	scratch_write(*state, name, "cmd_" SHOWN "/x := ld -r -o x\n");
}

struct run {
	struct snapshot snapshot;
	struct build_trace trace;
};

static void run_free(struct run *run_of)
{
	snapshot_free(&run_of->snapshot);
	build_trace_free(&run_of->trace);
}

/* The source, before any command. */
static void begin(void **state, struct run *run_of)
{
	cleanup(free_string) char *build = path_join(*state, "build", NULL);
	struct error error = {0};

	make_headers(state);
	scratch_write(*state, "build/mod.c", "source");
	scratch_write(*state, "build/mod.h", "source");
	scratch_write(*state, "build/blob.o", "shipped");
	assert_ok(snapshot_take(build, &run_of->snapshot, &error), &error);
}

static void build(void **state, const char *option, const char *files)
{
	compiled(state, "mod.o", option, files);
	compiled(state, "mod.mod.o", "-DKERNEL=" RELEASE, "  include/generated/utsrelease.h \\\n");
	linked(state, "mod.ko");
}

static void end(void **state, struct run *run_of)
{
	cleanup(free_string) char *directory = path_join(*state, "build", NULL);
	cleanup(strv_free) struct strv products = {0};
	struct error error = {0};

	strv_add(&products, "mod");
	WITH_HEADERS(state);
	const struct trace_request request = {
		.build = directory,
		.shown_build = SHOWN,
		.snapshot = &run_of->snapshot,
		.headers = headers,
		.products = &products,
	};

	assert_ok(build_trace_read(&request, &run_of->trace, &error), &error);
}

static void assert_reason(const char *reason, const char *part)
{
	if (!reason || !strstr(reason, part))
		fail_msg("\"%s\" is not in \"%s\"", part, reason ? reason : "(nothing)");
}

static char *module_header(void **state)
{
	return text_format("  %s/common/include/linux/module.h \\\n  " SHOWN "/mod.h \\\n",
			   (char *)*state);
}

static void headers_that_were_read_are_noted(void **state)
{
	cleanup(run_free) struct run run_of = {0};
	cleanup(free_string) char *files = module_header(state);
	cleanup(free_string) char *digest = digest_text("module");

	begin(state, &run_of);
	build(state, "", files);
	end(state, &run_of);
	assert_null(run_of.trace.unfit);
	assert_null(run_of.trace.probing);
	assert_string_equal(strmap_get(&run_of.trace.headers, "srctree/include/linux/module.h"),
			    digest);
	size_t count = 0;

	STRMAP_FOREACH (header, &run_of.trace.headers)
		count += header->key != NULL;
	assert_int_equal(count, 1);
}

/* Above the root there is the root: such a name comes down outside of the headers. */
static void what_climbs_out_of_the_headers_is_not_read(void **state)
{
	cleanup(run_free) struct run run_of = {0};
	cleanup(free_string) char *files = text_format(
		"  %s/common/../../../../../../../../../../../../../../..%s/secret \\\n",
		(char *)*state, (char *)*state);

	begin(state, &run_of);
	scratch_write(*state, "secret", "secret");
	build(state, "", files);
	end(state, &run_of);
	assert_reason(run_of.trace.unfit, "it was compiled with");
	STRMAP_FOREACH (header, &run_of.trace.headers)
		assert_null(header->key);
}

static void what_names_the_kernel_is_unfit(void **state)
{
	cleanup(run_free) struct run by_header = {0}, by_option = {0};

	begin(state, &by_header);
	build(state, "", "  include/generated/utsrelease.h \\\n");
	end(state, &by_header);
	assert_reason(by_header.trace.unfit, "utsrelease.h, which names the kernel");
	begin(state, &by_option);
	build(state, "-DNAME=" RELEASE, "  include/config/auto.conf \\\n");
	end(state, &by_option);
	assert_reason(by_option.trace.unfit, "told the kernel's name for mod.o");
}

/* Whoever reads it first: kbuild's own objects may. */
static void the_kernels_name_is_seen_behind_others(void **state)
{
	cleanup(run_free) struct run run_of = {0};

	begin(state, &run_of);
	build(state, "", "  include/generated/utsrelease.h \\\n");
	for (char name[] = "a.mod.o"; *name <= 'j'; (*name)++)
		compiled(state, name, "", "  include/generated/utsrelease.h \\\n");
	end(state, &run_of);
	assert_reason(run_of.trace.unfit, "utsrelease.h, which names the kernel");
}

static void what_the_build_made_itself_makes_it_probe(void **state)
{
	cleanup(run_free) struct run made = {0}, changed = {0};

	begin(state, &made);
	scratch_write(*state, "build/made.h", "by a command");
	build(state, "", "  " SHOWN "/made.h \\\n");
	end(state, &made);
	assert_reason(made.trace.probing, "its build makes made.h itself");
	assert_null(made.trace.unfit);
	run("rm -r '%s/build'", (char *)*state);
	begin(state, &changed);
	scratch_write(*state, "build/mod.h", "changed by a command");
	build(state, "", "  " SHOWN "/mod.h \\\n");
	end(state, &changed);
	assert_reason(changed.trace.probing, "its build makes mod.h itself");
}

static void what_has_no_record_is_unfit(void **state)
{
	static const char *const lost[] = {"mod.o", "mod.mod.o", "mod.ko"};

	for (size_t i = 0; i < 3; i++) {
		cleanup(run_free) struct run run_of = {0};
		cleanup(free_string) char *files = module_header(state);

		begin(state, &run_of);
		build(state, "", files);
		run("rm '%s/build/.%s.cmd'", (char *)*state, lost[i]);
		end(state, &run_of);
		assert_reason(run_of.trace.unfit, "there is no record of how");
		assert_reason(run_of.trace.unfit, lost[i]);
	}
}

/* An object that came with the source is a source, unless something has touched it. */
static void an_object_that_was_shipped_needs_no_record(void **state)
{
	cleanup(run_free) struct run shipped = {0}, touched = {0};
	cleanup(free_string) char *files = module_header(state);

	begin(state, &shipped);
	build(state, "", files);
	end(state, &shipped);
	assert_null(shipped.trace.unfit);
	begin(state, &touched);
	scratch_write(*state, "build/blob.o", "replaced");
	build(state, "", files);
	end(state, &touched);
	assert_reason(touched.trace.unfit, "no record of how blob.o was made");
}

static void a_damaged_record_is_unfit(void **state)
{
	cleanup(run_free) struct run run_of = {0};
	cleanup(free_string) char *files = module_header(state);

	begin(state, &run_of);
	build(state, "", files);
	scratch_write(*state, "build/.mod.o.cmd", "cmd_" SHOWN "/mod.o := gcc -Wp,-MMD,x.d -c\n");
	end(state, &run_of);
	assert_reason(run_of.trace.unfit, "is damaged or cut short");
}

/* Whatever a record names, the build has a trace that says why it is of no use. */
static void assert_unfit_with(void **state, const char *path, const char *part)
{
	cleanup(run_free) struct run run_of = {0};
	cleanup(free_string) char *files = text_format("  %s \\\n", path);

	begin(state, &run_of);
	build(state, "", files);
	end(state, &run_of);
	assert_reason(run_of.trace.unfit, part);
	STRMAP_FOREACH (header, &run_of.trace.headers)
		fail_msg("expected no digest of %s", header->key);
}

static void what_is_no_public_file_is_unfit(void **state)
{
	cleanup(free_string) char *fifo = text_format("%s/common/fifo", (char *)*state);
	cleanup(free_string) char *closed = text_format("%s/common/closed", (char *)*state);
	cleanup(free_string) char *outside = text_format("%s/outside", (char *)*state);

	scratch_write(*state, "common/closed", "secret");
	scratch_write(*state, "outside", "secret");
	assert_int_equal(chmod(closed, 0600), 0);
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_unfit_with(state, fifo, "common/fifo");
	assert_unfit_with(state, closed, "common/closed");
	assert_unfit_with(state, outside, "it was compiled with");
	assert_unfit_with(state, "/proc/self/mem", "it was compiled with /proc/self/mem");
	assert_unfit_with(state, "/usr/../proc/self/mem", "it was compiled with /proc/self/mem");
	assert_unfit_with(state, "/dev/zero", "it was compiled with /dev/zero");
}

/* The rights of the build, and not of root, are those with which its records are read. */
static void a_record_that_root_alone_may_read_is_unfit(void **state)
{
	cleanup(run_free) struct run run_of = {0};
	cleanup(free_string) char *files = module_header(state);
	cleanup(free_string) char *record = text_format("%s/build/.mod.o.cmd", (char *)*state);

	if (geteuid() != 0)
		skip();
	begin(state, &run_of);
	build(state, "", files);
	assert_int_equal(chmod(record, 0600), 0);
	end(state, &run_of);
	assert_reason(run_of.trace.unfit, "Permission denied");
}

/* Each line of it was once compared with all that follow. */
static void a_record_of_millions_of_lines_is_unfit(void **state)
{
	static const char *const lines[] = {"x\n", "cmd_\n", "deps_\n"};
	enum { LENGTH = 10 << 20 };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup(run_free) struct run run_of = {0};
		cleanup(free_string) char *garbage = xcalloc(LENGTH + 1, 1);
		size_t length = strlen(lines[i]);

		for (size_t at = 0; at + length <= LENGTH; at += length)
			memcpy(garbage + at, lines[i], length + 1);
		begin(state, &run_of);
		build(state, "", "");
		scratch_write(*state, "build/.mod.o.cmd", garbage);
		end(state, &run_of);
		assert_reason(run_of.trace.unfit, "is damaged or cut short");
	}
}

static void names_that_lead_elsewhere_are_no_headers(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"x.h",
		"objtree/",
		"objtree",
		"objtree//x.h",
		"objtree/../x.h",
		"srctree/a/../../x.h",
		"srctree/./x.h",
		"srctree/x\033.h",
		"/etc/shadow",
		"/usr/../etc/shadow",
		"/usr//x.h",
		"/usr/x.h/",
		"/usrx.h",
		"usr/x.h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (trace_place_of(bad[i]) != TRACE_NOWHERE)
			fail_msg("\"%s\" passes for a header", bad[i]);
	assert_int_equal(trace_place_of("srctree/include/linux/fs.h"), TRACE_KERNEL);
	assert_int_equal(trace_place_of("objtree/include/a..b.h"), TRACE_KERNEL);
	assert_int_equal(trace_place_of("/usr/lib/gcc/include/stddef.h"), TRACE_SYSTEM);
}

UNIT_MAIN(scratch_test(headers_that_were_read_are_noted),
	  scratch_test(what_climbs_out_of_the_headers_is_not_read),
	  scratch_test(what_names_the_kernel_is_unfit),
	  scratch_test(the_kernels_name_is_seen_behind_others),
	  scratch_test(what_the_build_made_itself_makes_it_probe),
	  scratch_test(what_has_no_record_is_unfit),
	  scratch_test(an_object_that_was_shipped_needs_no_record),
	  scratch_test(a_damaged_record_is_unfit), scratch_test(what_is_no_public_file_is_unfit),
	  scratch_test(a_record_that_root_alone_may_read_is_unfit),
	  scratch_test(a_record_of_millions_of_lines_is_unfit),
	  scratch_test(names_that_lead_elsewhere_are_no_headers))
