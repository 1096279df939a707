/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "install/modprobe.h"
#include "kernel/kernel.h"

#define DEVICE "sys/devices/pci0000:00/0000:00:01.0/"

/* The names that are wanted, divided by blanks; owned by the caller. */
static char *wanted(struct fixture *fixture)
{
	const struct install_request request = fixture_request(fixture);
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};

	if (install_find_wanted_modules(&request, &names, &error) < 0)
		fail_msg("%s", error.message);
	return strv_join(&names, " ");
}

static void without_modules_alias_it_fails(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};

	assert_int_equal(install_find_wanted_modules(&request, &names, &error), -ENOENT);
	assert_error(&error, 0, "modules.alias");
	assert_int_equal(names.count, 0);
}

static void what_present_hardware_asks_for(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_module(fixture, "b-ar", "/extra");
	fixture_add_module(fixture, "absent", "/extra");
	fixture_add_module(fixture, "excluded", "/extra");
	fixture->package->modules[3].excluded = true;
	scratch_write(fixture->root, KERNEL_DIR "/modules.alias",
		      "# Aliases extracted from modules themselves.\n"
		      "alias pci:v00001234d*sv*sd*bc*sc*i* foo\n"
		      "alias pci:v00001234d*sv*sd*bc*sc*i* excluded\n"
		      "alias pci:v00001234d*sv*sd*bc*sc*i* not_ours\n"
		      "alias usb:v1D6Bp000[1-3]d*dc*dsc*dp*ic*isc*ip*in* b_ar\n"
		      "alias pci:v00009999d*sv*sd*bc*sc*i* absent\n"
		      "alias\n"
		      "nothing absent of_this\n");
	cleanup(free_string) char *none = wanted(fixture);

	assert_string_equal(none, "");
	scratch_write(fixture->root, DEVICE "modalias",
		      "pci:v00001234d00001111sv00001AF4sd00001100bc03sc00i00\n");
	scratch_write(fixture->root, DEVICE "usb1/modalias",
		      "usb:v1D6Bp0002d0601dc09dsc00dp00ic09isc00ip00in00\n");
	scratch_write(fixture->root, DEVICE "empty/modalias", "");
	cleanup(free_string) char *names = wanted(fixture);

	assert_string_equal(names, "foo b_ar");
}

static void another_kernel_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	assert_int_equal(install_load_modules(&request, &error), 0);
	assert_log(fixture, "");
}

/* Makes this kernel the running one. */
static void use_running_kernel(struct fixture *fixture)
{
	struct error error = {0};

	free(fixture->kernel_id.release);
	fixture->kernel_id.release = kernel_running_release();
	kernel_free(fixture->kernel);
	if (kernel_open(&fixture->settings, &fixture->kernel_id, &fixture->kernel, &error) < 0)
		fail_msg("%s", error.message);
}

static void write_tool(const struct fixture *fixture, const char *name, int status)
{
	cleanup(free_string) char *path = path_join("bin", name, NULL);
	cleanup(free_string) char *text = text_format(
		"#!/bin/sh\necho \"%s $*\" >> %s/calls\nexit %d\n", name, fixture->root, status);

	scratch_write_bytes(fixture->root, path, text, strlen(text), 0755);
}

static void the_running_kernel_loads_them(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *bin = path_join(fixture->root, "bin", NULL);
	cleanup(free_string) char *old_path = xstrdup(getenv("PATH"));
	cleanup(free_string) char *path = text_format("%s:%s", bin, old_path);
	struct error error = {0};

	use_running_kernel(fixture);
	cleanup(free_string) char *alias = path_join("lib/modules", fixture->kernel_id.release,
						     "modules.alias", NULL);
	const struct install_request request = fixture_request(fixture);

	scratch_write(fixture->root, alias, "alias acpi:FOO* foo\n");
	scratch_write(fixture->root, DEVICE "modalias", "acpi:FOO1:\n");
	scratch_directory(fixture->root, "run/systemd/system");
	write_tool(fixture, "modprobe", 1);
	write_tool(fixture, "systemctl", 0);
	setenv("PATH", path, 1);
	assert_int_equal(install_load_modules(&request, &error), 0);
	setenv("PATH", old_path, 1);
	assert_file(fixture, "calls",
		    "modprobe --all --use-blacklist --quiet -- foo\n"
		    "systemctl restart systemd-modules-load.service\n");
	assert_log(fixture, "warning: modprobe failed with exit status 1.\n"
			    "The modules are installed, but not all of them are loaded.\n");
}

UNIT_MAIN(FIXTURE_TEST(without_modules_alias_it_fails),
	  FIXTURE_TEST(what_present_hardware_asks_for), FIXTURE_TEST(another_kernel_is_left_alone),
	  FIXTURE_TEST(the_running_kernel_loads_them))
