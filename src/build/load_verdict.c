/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/load_verdict.h"

#include "base/directory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/signing.h"
#include "module/ko.h"

void signing_trust_read(const struct settings *settings, const struct distro *distro,
			const struct kernel *kernel, struct reporter *reporter,
			struct signing_trust *ret_trust)
{
	cleanup(free_string) char *key = NULL;
	struct error error = {0};

	*ret_trust = (struct signing_trust){.enforcement = secure_boot_read(settings)};
	signing_key_places(settings, distro, kernel, &key, &ret_trust->certificate_path);
	if (certificate_identify(ret_trust->certificate_path, &ret_trust->certificate, &error) == 0)
		ret_trust->enrolment = secure_boot_find_certificate(
			settings, ret_trust->certificate.der, ret_trust->certificate.length,
			ret_trust->certificate.key_id, reporter);
	error_clear(&error);
}

void signing_trust_free(struct signing_trust *trust)
{
	free(trust->certificate_path);
	certificate_identity_free(&trust->certificate);
}

enum load_verdict load_verdict_of_certificate(const struct signing_trust *trust)
{
	if (!secure_boot_enforces(&trust->enforcement))
		return LOAD_NOT_ENFORCED;
	if (enrolment_is_trusted(trust->enrolment))
		return LOAD_TRUSTED;
	return trust->enrolment == ENROLMENT_REQUESTED ? LOAD_REQUESTED : LOAD_NOT_ENROLLED;
}

static enum load_verdict of_file(const struct signing_trust *trust, const char *path)
{
	cleanup(ko_info_free) struct ko_info info = {0};
	struct error error = {0};

	if (ko_read_info(path, &info, &error) < 0 || !info.signer) {
		error_clear(&error);
		return LOAD_UNSIGNED;
	}
	/* A libkmod without libcrypto cannot say whose signature it is: then it is taken for ours.
	 */
	if (!text_empty(info.signature_key) &&
	    !text_equal(info.signature_key, trust->certificate.serial))
		return LOAD_OTHER_KEY;
	return load_verdict_of_certificate(trust);
}

enum load_verdict load_verdict_of(const struct signing_trust *trust, const char *directory,
				  struct strv *names)
{
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv worst_names = {0};
	enum load_verdict worst = LOAD_TRUSTED;
	struct error ignored = {0};
	const char *file;

	if (!secure_boot_enforces(&trust->enforcement))
		return LOAD_NOT_ENFORCED;
	if (directory_list(directory, &files, &ignored) < 0)
		error_clear(&ignored);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);

		if (!strstr(file, ".ko"))
			continue;
		enum load_verdict verdict = of_file(trust, path);

		if (verdict > worst)
			strv_free(&worst_names);
		if (verdict >= worst)
			strv_add(&worst_names, file);
		worst = verdict > worst ? verdict : worst;
	}
	strv_add_all(names, &worst_names);
	return worst;
}
