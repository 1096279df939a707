/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/secure_boot.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/text.h"

/*
 * Lists of certificates as the firmware keeps them (UEFI specification 2.10, section 32.4.1,
 * EFI_SIGNATURE_LIST): db, and shim's MokListRT and MokNew. A variable holds any number of lists
 * one after the other, each of
 *
 *	type		16 bytes, a GUID
 *	list size	32 bits, little-endian, these 28 bytes included
 *	header size	32 bits
 *	signature size	32 bits, of each entry
 *	header		bytes without a meaning to us
 *	entries		16 bytes that name the owner, then a certificate or a hash
 */

enum { GUID_SIZE = 16, LIST_HEADER_SIZE = 28 };

/* EFI_CERT_X509_GUID, a5c059a1-94e4-4aa7-87b5-ab155c2bf072, in the order of its bytes. */
static const unsigned char x509_guid[GUID_SIZE] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};

struct signature_list {
	bool is_x509;
	size_t size; /* of the whole list */
	const unsigned char *entries;
	size_t entry_size;
	size_t entry_count;
};

static size_t read_size(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

/* Every size is checked against the rest of the data before it is used. */
static bool read_list(const unsigned char *data, size_t length, struct signature_list *list)
{
	if (length < LIST_HEADER_SIZE)
		return false;
	size_t size = read_size(data + GUID_SIZE);
	size_t header = read_size(data + GUID_SIZE + 4);
	size_t entry = read_size(data + GUID_SIZE + 8);

	if (size > length || size < LIST_HEADER_SIZE || header > size - LIST_HEADER_SIZE ||
	    entry <= GUID_SIZE)
		return false;
	size_t room = size - LIST_HEADER_SIZE - header;

	*list = (struct signature_list){
		.is_x509 = memcmp(data, x509_guid, GUID_SIZE) == 0,
		.size = size,
		.entries = data + LIST_HEADER_SIZE + header,
		.entry_size = entry,
		.entry_count = room / entry,
	};
	return room % entry == 0;
}

/* False once visit has seen enough. */
static bool visit_list(const struct signature_list *list, efi_certificate_visit *visit,
		       void *context)
{
	for (size_t i = 0; list->is_x509 && i < list->entry_count; i++)
		if (!visit(context, list->entries + i * list->entry_size + GUID_SIZE,
			   list->entry_size - GUID_SIZE))
			return false;
	return true;
}

int efi_signatures_visit(const void *data, size_t length, efi_certificate_visit *visit,
			 void *context, struct error *error)
{
	const unsigned char *next = data;
	struct signature_list list;

	for (; length; next += list.size, length -= list.size) {
		if (!read_list(next, length, &list))
			return error_set(error, -EBADMSG, 0,
					 "The list of certificates is damaged at byte %zu.",
					 (size_t)(next - (const unsigned char *)data));
		if (!visit_list(&list, visit, context))
			return 0;
	}
	return 0;
}

struct wanted {
	const void *certificate;
	size_t length;
	bool found;
};

static bool look_for(void *context, const void *certificate, size_t length)
{
	struct wanted *wanted = context;

	wanted->found = length == wanted->length &&
			memcmp(certificate, wanted->certificate, length) == 0;
	return !wanted->found;
}

int efi_signatures_contain(const void *data, size_t length, const void *certificate,
			   size_t certificate_length, bool *ret_found, struct error *error)
{
	struct wanted wanted = {certificate, certificate_length, false};

	if (efi_signatures_visit(data, length, look_for, &wanted, error) < 0)
		return error->code;
	*ret_found = wanted.found;
	return 0;
}

#define EFI_GLOBAL    "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_SECURITY  "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define SHIM_LOCK     "605dab50-e046-4300-abb6-3dd810dd8b23"
#define EFIVARS       "/sys/firmware/efi/efivars/"
#define MOK_VARIABLES "/sys/firmware/efi/mok-variables/"

/* An efivars file begins with 32 bits of attributes. */
enum { ATTRIBUTES = 4 };

/* Firmware has some 100 KiB for all variables; a machine with thousands of keys stays below. */
static const size_t variable_limit = 4UL << 20;

static const size_t keys_limit = 16UL << 20;

/* NULL where it cannot be read. */
static char *read_below_root(const struct settings *settings, const char *name, size_t limit,
			     size_t *ret_length)
{
	cleanup(free_string) char *path = settings_path(settings, name);
	cleanup(error_clear) struct error ignored = {0};
	char *data = NULL;

	(void)file_read(path, limit, &data, ret_length, &ignored);
	return data;
}

/* A variable of one byte that is 1. */
static bool is_set(const struct settings *settings, const char *name, size_t skip)
{
	size_t length = 0;
	cleanup(free_string) char *data = read_below_root(settings, name, variable_limit, &length);

	return data && length == skip + 1 && data[skip] == 1;
}

static bool is_locked_down(const struct settings *settings)
{
	cleanup(free_string) char *text = read_below_root(settings, "/sys/kernel/security/lockdown",
							  variable_limit, NULL);

	return text && (strstr(text, "[integrity]") || strstr(text, "[confidentiality]"));
}

struct secure_boot secure_boot_read(const struct settings *settings)
{
	cleanup(free_string) char *enforce = read_below_root(
		settings, "/sys/module/module/parameters/sig_enforce", variable_limit, NULL);

	return (struct secure_boot){
		.firmware = is_set(settings, EFIVARS "SecureBoot-" EFI_GLOBAL, ATTRIBUTES),
		.validation_disabled = is_set(settings, MOK_VARIABLES "MokSBStateRT", 0) ||
				       is_set(settings, EFIVARS "MokSBStateRT-" SHIM_LOCK,
					      ATTRIBUTES),
		.lockdown = is_locked_down(settings),
		.sig_enforce = text_starts_with(enforce ? enforce : "", "Y"),
	};
}

bool secure_boot_enforces(const struct secure_boot *state)
{
	return (state->firmware && !state->validation_disabled) || state->lockdown ||
	       state->sig_enforce;
}

char *secure_boot_reasons(const struct secure_boot *state)
{
	cleanup(strv_free) struct strv reasons = {0};

	if (state->firmware && !state->validation_disabled)
		strv_add(&reasons, "Secure Boot");
	if (state->lockdown)
		strv_add(&reasons, "kernel lockdown");
	if (state->sig_enforce)
		strv_add(&reasons, "module.sig_enforce");
	return strv_join(&reasons, ", ");
}

struct wanted_state {
	const struct settings *settings;
	const void *der;
	size_t length;
	struct reporter *reporter;
};

static bool variable_holds(const struct wanted_state *wanted_state, const char *name, size_t skip)
{
	size_t length = 0;
	cleanup(free_string) char *data = read_below_root(wanted_state->settings, name,
							  variable_limit, &length);
	cleanup(error_clear) struct error error = {0};
	bool found = false;

	if (!data || length < skip)
		return false;
	if (efi_signatures_contain(data + skip, length - skip, wanted_state->der,
				   wanted_state->length, &found, &error) < 0)
		report(wanted_state->reporter, REPORT_WARNING, "%s cannot be understood. %s", name,
		       error.message);
	return found;
}

void secure_boot_visit_certificates(const struct settings *settings, efi_certificate_visit *visit,
				    void *context)
{
	static const struct {
		const char *name;
		size_t skip;
	} variables[] = {
		{MOK_VARIABLES "MokListRT", 0},
		{EFIVARS "MokListRT-" SHIM_LOCK, ATTRIBUTES},
		{EFIVARS "db-" EFI_SECURITY, ATTRIBUTES},
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		size_t length = 0, skip = variables[i].skip;
		cleanup(free_string) char *data = read_below_root(settings, variables[i].name,
								  variable_limit, &length);
		cleanup(error_clear) struct error ignored = {0};

		if (data && length >= skip)
			(void)efi_signatures_visit(data + skip, length - skip, visit, context,
						   &ignored);
	}
}

/*
 * A line of /proc/keys (proc_keys(5)): id, flags, references, expiry, permissions, user, group,
 * type, and a description. That of a certificate is "SUBJECT: KEY ID: X509.ALGORITHM …".
 * Keys of root count that are instantiated and neither revoked, dead, invalidated nor expired.
 */
static bool line_names_key(const char *line, const char *part)
{
	char flags[16], expiry[16], type[16];
	unsigned int user;
	int description = 0;

	if (sscanf(line, "%*15s %15s %*15s %15s %*15s %u %*15s %15s %n", flags, expiry, &user, type,
		   &description) != 4 ||
	    !description)
		return false;
	return user == 0 && text_equal(type, "asymmetri") && flags[0] == 'I' &&
	       !strpbrk(flags, "RDi") && !text_equal(expiry, "expd") &&
	       strstr(line + description, part);
}

static bool keyrings_hold(const struct settings *settings, const char *key_id)
{
	cleanup(free_string) char *keys = read_below_root(settings, "/proc/keys", keys_limit, NULL);
	cleanup(free_string) char *part = text_format(": %s: X509.", key_id);
	char *rest = keys;
	const char *line;

	while ((line = strsep(&rest, "\n")))
		if (line_names_key(line, part))
			return true;
	return false;
}

enum enrolment secure_boot_find_certificate(const struct settings *settings, const void *der,
					    size_t length, const char *key_id,
					    struct reporter *reporter)
{
	const struct wanted_state wanted_state = {settings, der, length, reporter};

	if (variable_holds(&wanted_state, MOK_VARIABLES "MokListRT", 0) ||
	    variable_holds(&wanted_state, EFIVARS "MokListRT-" SHIM_LOCK, ATTRIBUTES))
		return ENROLLED_AS_MOK;
	if (variable_holds(&wanted_state, EFIVARS "db-" EFI_SECURITY, ATTRIBUTES))
		return ENROLLED_IN_DB;
	if (!text_empty(key_id) && keyrings_hold(settings, key_id))
		return ENROLLED_IN_KERNEL;
	if (variable_holds(&wanted_state, EFIVARS "MokNew-" SHIM_LOCK, ATTRIBUTES))
		return ENROLMENT_REQUESTED;
	return ENROLLED_NOWHERE;
}

bool enrolment_is_trusted(enum enrolment enrolment)
{
	return enrolment >= ENROLLED_IN_DB;
}

const char *enrolment_name(enum enrolment enrolment)
{
	static const char *const names[] = {
		[ENROLLED_NOWHERE] = "no",       [ENROLMENT_REQUESTED] = "requested",
		[ENROLLED_IN_DB] = "db",         [ENROLLED_AS_MOK] = "MokList",
		[ENROLLED_IN_KERNEL] = "kernel",
	};

	return names[enrolment];
}
