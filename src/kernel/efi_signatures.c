/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/efi_signatures.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

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

/* Every size is checked against what is left before it is used. */
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
