/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/signature.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>

static const char marker[] = "~Module signature appended~\n";
#define MARKER_LENGTH (sizeof(marker) - 1)

/* What stands between the signature and the marker; the length is big endian. */
struct description {
	uint8_t algorithm; /* 0: the CMS says it */
	uint8_t hash;      /* 0: the same */
	uint8_t id_type;
	uint8_t signer_length; /* of two names before the signature, in the form before CMS */
	uint8_t key_id_length;
	uint8_t padding[3];
	uint32_t signature_length;
};
_Static_assert(sizeof(struct description) == 12, "as the kernel has it");

enum { ID_TYPE_CMS = 2 };

/* Takes one signature off the end of *length; *ret_found tells whether there was one. */
static int find_one(const char *data, size_t *length, bool *ret_found, struct error *error)
{
	struct description description;
	size_t rest = *length;

	*ret_found = rest >= MARKER_LENGTH &&
		     memcmp(data + rest - MARKER_LENGTH, marker, MARKER_LENGTH) == 0;
	if (!*ret_found)
		return 0;
	rest -= MARKER_LENGTH;
	if (rest < sizeof(description))
		return error_set(error, -EBADMSG, 0, "Its signature is cut short.");
	rest -= sizeof(description);
	memcpy(&description, data + rest, sizeof(description));
	size_t signature = (size_t)ntohl(description.signature_length) + description.signer_length +
			   description.key_id_length;

	if (signature > rest)
		return error_set(error, -EBADMSG, 0,
				 "Its signature claims %zu bytes where there are %zu.", signature,
				 rest);
	*length = rest - signature;
	return 0;
}

int signature_find_start(const void *data, size_t length, size_t *ret_length, struct error *error)
{
	bool found = true;

	while (found)
		if (find_one(data, &length, &found, error) < 0)
			return error->code;
	*ret_length = length;
	return 0;
}

/* A CMS says all by itself: every other field is 0. */
static bool is_plain(const struct description *description)
{
	const struct description plain = {.id_type = ID_TYPE_CMS,
					  .signature_length = description->signature_length};

	return memcmp(description, &plain, sizeof(plain)) == 0;
}

enum signature_form signature_find_last(const void *data, size_t length, size_t *ret_content,
					size_t *ret_cms)
{
	struct description description;
	size_t end = length - MARKER_LENGTH;
	const char *bytes = data;

	if (length <= MARKER_LENGTH || memcmp(bytes + end, marker, MARKER_LENGTH) != 0)
		return SIGNATURE_FORM_NONE;
	if (end <= sizeof(description))
		return SIGNATURE_FORM_SENSELESS;
	end -= sizeof(description);
	memcpy(&description, bytes + end, sizeof(description));
	size_t signature = ntohl(description.signature_length);

	if (signature >= end)
		return SIGNATURE_FORM_SENSELESS;
	if (description.id_type != ID_TYPE_CMS)
		return SIGNATURE_FORM_UNKNOWN;
	if (!is_plain(&description))
		return SIGNATURE_FORM_SENSELESS;
	*ret_content = end - signature;
	*ret_cms = signature;
	return SIGNATURE_FORM_CMS;
}

void signature_append(struct buffer *module, const void *cms, size_t length)
{
	const struct description description = {
		.id_type = ID_TYPE_CMS,
		.signature_length = htonl((uint32_t)length),
	};

	buffer_add(module, cms, length);
	buffer_add(module, &description, sizeof(description));
	buffer_add(module, marker, MARKER_LENGTH);
}
