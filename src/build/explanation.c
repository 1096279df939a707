/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/explanation.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/hidden.h"

/* The options that bring the symbols with these beginnings. */
static const char *const symbol_options[][2] = {
	{"__v4l2_", "VIDEO_DEV"},
	{"acpi_bus_", "ACPI"},
	{"backlight_device_", "BACKLIGHT_CLASS_DEVICE"},
	{"cfg80211_", "CFG80211"},
	{"debugfs_", "DEBUG_FS"},
	{"devm_hwmon_", "HWMON"},
	{"devm_iio_", "IIO"},
	{"devm_pwm_", "PWM"},
	{"dm_register_", "BLK_DEV_DM"},
	{"drm_", "DRM"},
	{"hci_", "BT"},
	{"hid_", "HID"},
	{"hwmon_device_", "HWMON"},
	{"ieee80211_", "MAC80211"},
	{"iio_", "IIO"},
	{"input_register_", "INPUT"},
	{"led_classdev_", "LEDS_CLASS"},
	{"mdiobus_", "PHYLIB"},
	{"nf_conntrack_", "NF_CONNTRACK"},
	{"nf_register_net_", "NETFILTER"},
	{"nft_", "NF_TABLES"},
	{"of_property_", "OF"},
	{"phy_attach", "PHYLIB"},
	{"power_supply_", "POWER_SUPPLY"},
	{"register_candev", "CAN_DEV"},
	{"register_kprobe", "KPROBES"},
	{"rfkill_", "RFKILL"},
	{"sdio_", "MMC"},
	{"snd_", "SND"},
	{"spi_register_", "SPI"},
	{"usb_", "USB"},
	{"vb2_", "VIDEOBUF2_CORE"},
	{"video_", "VIDEO_DEV"},
	{"wiphy_", "CFG80211"},
	{"xt_register_", "NETFILTER_XTABLES"},
};

static const char *option_of_symbol(const char *symbol)
{
	for (size_t i = 0; i < sizeof(symbol_options) / sizeof(*symbol_options); i++)
		if (text_starts_with(symbol, symbol_options[i][0]))
			return symbol_options[i][1];
	return NULL;
}

/* The first number of "gcc-12 (Debian 12.2.0-14) 12.2.0" that a word begins with: 12; -1: none. */
static int major_version(const char *compiler)
{
	for (const char *c = compiler; *c; c++)
		if (isdigit((unsigned char)*c) && (c == compiler || c[-1] == ' '))
			return atoi(c);
	return -1;
}

/* gcc and clang of one major version take the same code and options. */
static bool is_another_compiler(const struct kernel *kernel, const char *used)
{
	const char *built_by = kernel_config_value(kernel, "CC_VERSION_TEXT");

	return built_by && (major_version(built_by) != major_version(used) ||
			    (strstr(built_by, "clang") != NULL) != (strstr(used, "clang") != NULL));
}

/* One that there is outside the cage. */
static bool is_device(const char *name)
{
	cleanup(free_string) char *path = path_join("/dev", name, NULL);

	return !strstr(name, "..") && file_exists(path);
}

/* A file of the build directory, by the name of the object that was made of it. */
static bool is_empty_source(const char *object, const char *build)
{
	cleanup(free_string) char *name = xstrdup(path_basename(object));
	cleanup(free_string) char *path = NULL;
	struct stat info;

	if (!build || !text_ends_with(name, ".o"))
		return false;
	name[strlen(name) - 1] = 'c';
	path = path_join(build, name, NULL);
	return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

/* "/lib/modules/K/build" of a K that is not this kernel's. */
static bool is_of_another_kernel(const char *path, const char *release)
{
	const char *name = strstr(path, "/lib/modules/");
	size_t length = strlen(release);

	if (!name)
		return false;
	name += strlen("/lib/modules/");
	return strncmp(name, release, length) != 0 || (name[length] && name[length] != '/');
}

/* Warnings that are errors in any kernel: what they are about is no matter of taste. */
static bool is_real_error(const char *warning)
{
	static const char *const errors[] = {
		"implicit-function-declaration",
		"implicit-int",
		"int-conversion",
		"incompatible-pointer-types",
		"incompatible-function-pointer-types",
		"return-type",
		"strict-prototypes",
		"designated-init",
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (text_equal(warning, errors[i]))
			return true;
	return false;
}

/* Whether what shows can be the cause, as far as that is known. */
static bool applies(enum cause_kind kind, const struct cause_finding *finding,
		    const struct explanation_facts *facts)
{
	const char *option = finding->subject;

	switch (kind) {
	case CAUSE_NETWORK_REFUSED:
	case CAUSE_NETWORK_TOOL:
	case CAUSE_NETWORK_TRIED:
		return facts->caged && !facts->network;
	case CAUSE_WRITE_REFUSED:
	case CAUSE_ACCESS_REFUSED:
		return facts->caged;
	case CAUSE_PROCESS_LIMIT:
		return !facts->processes_told;
	case CAUSE_OTHER_KERNEL:
		return is_of_another_kernel(finding->subject, facts->kernel->id.release);
	case CAUSE_INTERFACE_CHANGED:
		return !finding->doubtful ||
		       interface_was_in_headers(facts->settings, facts->kernel, finding->subject);
	case CAUSE_WARNING_AS_ERROR:
		return !is_real_error(finding->subject);
	case CAUSE_SOURCE_EMPTY:
		return is_empty_source(finding->subject, facts->build);
	case CAUSE_RIGHT_REFUSED:
		return facts->caged && (!*finding->subject || is_device(finding->subject));
	case CAUSE_OPTION_OF_SYMBOL:
		option = option_of_symbol(finding->subject);
		return option && !kernel_config_value(facts->kernel, option);
	case CAUSE_OPTION_MISSING:
		return !kernel_config_value(facts->kernel, option);
	case CAUSE_COMPILER_DIFFERS:
		return is_another_compiler(facts->kernel, finding->subject);
	default:
		return true;
	}
}

struct filling {
	const struct cause_finding *finding;
	const struct explanation_facts *facts;
};

static char *value_of(const void *context, const char *field);

static char *detail(const struct filling *filling)
{
	return filling->finding->detail ? xstrdup(filling->finding->detail) : NULL;
}

/* A name that may stand in a command which somebody will copy. */
static bool is_harmless(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.+-/", *c))
			return false;
	return *name && *name != '-';
}

static char *install(const struct filling *filling)
{
	const struct distro *distro = filling->facts->distro;
	const char *subject = filling->finding->subject;

	if (!is_harmless(subject))
		return NULL;
	char *command = distro ? distro_install_command(distro, subject) : NULL;

	return command || !distro ? command
				  : distro_install_command(distro, path_basename(subject));
}

static char *install_compiler(const struct filling *filling)
{
	const struct explanation_facts *facts = filling->facts;
	const char *version = kernel_config_value(facts->kernel, "CC_VERSION_TEXT");
	cleanup(free_string) char *program = version ? xstrndup(version, strcspn(version, " "))
						     : NULL;

	return program && facts->distro ? distro_install_command(facts->distro, program) : NULL;
}

static char *headers_command(const struct filling *filling)
{
	const struct explanation_facts *facts = filling->facts;

	return facts->distro ? distro_headers_command(facts->settings, facts->distro,
						      facts->kernel->id.release)
			     : NULL;
}

static char *kernel_compiler(const struct filling *filling)
{
	const char *version = kernel_config_value(filling->facts->kernel, "CC_VERSION_TEXT");

	return xstrdup(version ? version : "another one");
}

static char *subject(const struct filling *filling)
{
	return xstrdup(filling->finding->subject);
}

static char *line(const struct filling *filling)
{
	return xstrdup(filling->finding->line);
}

static char *module(const struct filling *filling)
{
	const struct module_id *id = filling->facts->id;

	return text_format("%s/%s", id->name, id->version);
}

static char *name(const struct filling *filling)
{
	return xstrdup(filling->facts->id->name);
}

static char *kernel(const struct filling *filling)
{
	return xstrdup(filling->facts->kernel->id.release);
}

static char *tree(const struct filling *filling)
{
	return xstrdup(filling->facts->settings->dkms_tree);
}

/* The file in which the administrator says how far this module is trusted. */
static char * override(const struct filling *filling)
{
	return text_format("%s/etc/dkms/%s.conf", filling->facts->settings->root,
			   filling->facts->id->name);
}

/* In the line, or in a command that goes there and then writes to relative paths. */
static bool names_source(const struct filling *filling)
{
	const struct explanation_facts *facts = filling->facts;
	const char *const texts[] = {filling->finding->line, facts->command};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i] && ((facts->source && strstr(texts[i], facts->source)) ||
				 (facts->link && strstr(texts[i], facts->link))))
			return true;
	return false;
}

/* The same for a build that was refused to write to its own source. */
static char *in_source(const struct filling *filling)
{
	return !filling->facts->in_source && names_source(filling) ? override(filling) : NULL;
}

static char *option(const struct filling *filling)
{
	const char *found = option_of_symbol(filling->finding->subject);

	return found ? xstrdup(found) : NULL;
}

static char *value_of(const void *context, const char *field)
{
	static const struct {
		const char *name;
		char *(*value)(const struct filling *filling);
	} fields[] = {
		{"subject", subject},
		{"detail", detail},
		{"line", line},
		{"module", module},
		{"name", name},
		{"kernel", kernel},
		{"tree", tree},
		{"override", override},
		{"in_source", in_source},
		{"option", option},
		{"install", install},
		{"install_compiler", install_compiler},
		{"headers_command", headers_command},
		{"kernel_compiler", kernel_compiler},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (text_equal(fields[i].name, field))
			return fields[i].value(context);
	return NULL;
}

/* The sentence, and on the next line the next step; NULL if too little is known for either. */
static char *explain_one(enum cause_kind kind, const struct filling *filling)
{
	const struct cause *cause = cause_of_kind(kind);
	cleanup(free_string) char *sentence = template_fill(cause->sentence, value_of, filling);
	char *next = template_fill(cause->next, value_of, filling);

	if (!next && cause->next_otherwise)
		next = template_fill(cause->next_otherwise, value_of, filling);
	cleanup(free_string) char *step = next;

	return sentence && step ? text_format("%s\n%s", sentence, step) : NULL;
}

static bool is_of_the_cage(enum cause_kind kind)
{
	return kind == CAUSE_NETWORK_REFUSED || kind == CAUSE_WRITE_REFUSED ||
	       kind == CAUSE_ACCESS_REFUSED || kind == CAUSE_RIGHT_REFUSED;
}

/* The missing file may be a download that failed. */
static bool may_want_download(enum cause_kind kind)
{
	return kind == CAUSE_FILE_MISSING || kind == CAUSE_NOT_EXECUTABLE ||
	       kind == CAUSE_SOURCE_EMPTY || kind == CAUSE_NO_TARGET || kind == CAUSE_TOOL_MISSING;
}

/* Nothing else is known, but the build wants a network that it has not. */
static void explain_silence(const struct explanation_facts *facts,
			    struct explanation *ret_explanation)
{
	cleanup(free_string) char *tool = facts->command ? cause_network_tool(facts->command, false)
							 : NULL;
	enum cause_kind kind = tool ? CAUSE_NETWORK_TOOL : CAUSE_NETWORK_TRIED;
	const struct cause_finding finding = {.line = (char *)facts->command, .subject = tool};
	const struct filling filling = {&finding, facts};

	if ((!tool && !facts->network_tried) || !applies(kind, &finding, facts))
		return;
	strv_add_owned(&ret_explanation->texts, explain_one(kind, &filling));
	ret_explanation->cause = cause_of_kind(kind)->name;
}

static bool is_odd_path(const char *path)
{
	for (; *path; path++)
		if (!isalnum((unsigned char)*path) && !strchr("/_.+-,@:~=", *path) &&
		    !((unsigned char)*path & 0x80))
			return true;
	return false;
}

/* Whatever shows in the log then, comes of it. */
static bool explain_odd_path(const struct explanation_facts *facts,
			     struct explanation *ret_explanation)
{
	const struct cause_finding finding = {0};
	const struct filling filling = {&finding, facts};

	if (!is_odd_path(facts->settings->dkms_tree))
		return false;
	strv_add_owned(&ret_explanation->texts, explain_one(CAUSE_ODD_PATH, &filling));
	ret_explanation->cause = cause_of_kind(CAUSE_ODD_PATH)->name;
	return true;
}

void explain_causes(const struct cause_findings *findings, const struct explanation_facts *facts,
		    struct explanation *ret_explanation)
{
	*ret_explanation = (struct explanation){0};
	if (explain_odd_path(facts, ret_explanation))
		return;
	for (enum cause_kind kind = 0; kind < CAUSES; kind++) {
		const struct filling filling = {&findings->items[kind], facts};

		if (!filling.finding->line || !applies(kind, filling.finding, facts) ||
		    (ret_explanation->cause && !is_of_the_cage(kind)) ||
		    (facts->network_tried && may_want_download(kind)))
			continue;
		char *text = NULL;
		enum presence presence = hidden_find(facts, kind, filling.finding->subject, &text);

		if (presence == PRESENCE_NONE)
			text = explain_one(kind, &filling);
		if (!text)
			continue;
		strv_add_owned(&ret_explanation->texts, text);
		if (!ret_explanation->cause)
			ret_explanation->cause = presence == PRESENCE_HIDDEN
							 ? "hidden"
							 : cause_of_kind(kind)->name;
	}
	if (!ret_explanation->cause)
		explain_silence(facts, ret_explanation);
}

void explanation_free(struct explanation *explanation)
{
	strv_free(&explanation->texts);
	*explanation = (struct explanation){0};
}
