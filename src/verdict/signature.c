/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict/signature.h"

#include "base/directory.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "module/ko.h"

void signing_trust_read(const struct settings *settings, const struct kernel *kernel,
			const char *certificate_path, struct reporter *reporter,
			struct signing_trust *ret_trust)
{
	struct error error = {0};

	*ret_trust = (struct signing_trust){
		.enforcement = secure_boot_read(settings),
		.forced = kernel_config_is_yes(kernel, "MODULE_SIG_FORCE"),
		.certificate_path = xstrdup(certificate_path),
	};
	if (certificate_identify(certificate_path, &ret_trust->certificate, &error) == 0)
		ret_trust->enrolment = secure_boot_find_certificate(
			settings, ret_trust->certificate.der, ret_trust->certificate.length,
			ret_trust->certificate.key_id, reporter);
	error_clear(&error);
}

bool signing_trust_enforces(const struct signing_trust *trust)
{
	return trust->forced || secure_boot_enforces(&trust->enforcement);
}

char *signing_trust_reasons(const struct signing_trust *trust)
{
	cleanup(free_string) char *machine = secure_boot_reasons(&trust->enforcement);

	return text_format("%s%s%s", machine, *machine && trust->forced ? ", " : "",
			   trust->forced ? "CONFIG_MODULE_SIG_FORCE" : "");
}

void signing_trust_free(struct signing_trust *trust)
{
	free(trust->certificate_path);
	certificate_identity_free(&trust->certificate);
}

enum signature_verdict signature_verdict_of_certificate(const struct signing_trust *trust)
{
	if (!signing_trust_enforces(trust))
		return SIGNATURE_NOT_ENFORCED;
	if (enrolment_is_trusted(trust->enrolment))
		return SIGNATURE_TRUSTED;
	return trust->enrolment == ENROLMENT_REQUESTED ? SIGNATURE_REQUESTED
						       : SIGNATURE_NOT_ENROLLED;
}

enum signature_verdict signature_verdict_of_file(const struct signing_trust *trust,
						 const char *path)
{
	cleanup(ko_info_free) struct ko_info info = {0};
	struct error error = {0};

	if (!signing_trust_enforces(trust))
		return SIGNATURE_NOT_ENFORCED;
	if (ko_read_info(path, &info, &error) < 0 || !info.signer) {
		error_clear(&error);
		return SIGNATURE_MISSING;
	}
	/* A libkmod without libcrypto cannot say whose signature it is: then it is taken for ours.
	 */
	if (!text_empty(info.signature_key) &&
	    !text_equal(info.signature_key, trust->certificate.serial))
		return SIGNATURE_OTHER_KEY;
	return signature_verdict_of_certificate(trust);
}

enum signature_verdict signature_verdict_of(const struct signing_trust *trust,
					    const char *directory, struct strv *names)
{
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv worst_names = {0};
	enum signature_verdict worst = SIGNATURE_TRUSTED;
	struct error ignored = {0};
	const char *file;

	if (!signing_trust_enforces(trust))
		return SIGNATURE_NOT_ENFORCED;
	if (directory_list(directory, &files, &ignored) < 0)
		error_clear(&ignored);
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);

		if (!strstr(file, ".ko"))
			continue;
		enum signature_verdict verdict = signature_verdict_of_file(trust, path);

		if (verdict > worst)
			strv_free(&worst_names);
		if (verdict >= worst)
			strv_add(&worst_names, file);
		worst = verdict > worst ? verdict : worst;
	}
	strv_add_all(names, &worst_names);
	return worst;
}

const char *signature_verdict_name(enum signature_verdict verdict)
{
	static const char *const names[] = {
		[SIGNATURE_NOT_ENFORCED] = "not-enforced",
		[SIGNATURE_TRUSTED] = "trusted",
		[SIGNATURE_REQUESTED] = "enrolment-requested",
		[SIGNATURE_NOT_ENROLLED] = "not-enrolled",
		[SIGNATURE_OTHER_KEY] = "other-key",
		[SIGNATURE_MISSING] = "unsigned",
	};

	return names[verdict];
}
