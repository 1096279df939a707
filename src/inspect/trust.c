/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "module/content.h"
#include "sign/verify.h"

static bool add_other(void *context, const void *certificate, size_t length)
{
	struct signing_trust *trust = context;
	struct other_certificate *other;

	if (length == trust->certificate.length &&
	    memcmp(certificate, trust->certificate.der, length) == 0)
		return true;
	other = ARRAY_ADD(trust->others, trust->other_count);
	*other = (struct other_certificate){xcalloc(length, 1), length};
	memcpy(other->der, certificate, length);
	return true;
}

void signing_trust_read(const struct settings *settings, const struct kernel *kernel,
			const char *certificate_path, struct reporter *reporter,
			struct signing_trust *ret_trust)
{
	cleanup(error_clear) struct error error = {0};

	*ret_trust = (struct signing_trust){
		.enforcement = secure_boot_read(settings),
		.forced = kernel_config_is_yes(kernel, "MODULE_SIG_FORCE"),
		.blind = kernel_config_value(kernel, "MODULES") &&
			 !kernel_config_is_yes(kernel, "MODULE_SIG"),
		.certificate_path = xstrdup(certificate_path),
	};
	if (certificate_identify(certificate_path, &ret_trust->certificate, &error) == 0)
		ret_trust->enrolment = secure_boot_find_certificate(
			settings, ret_trust->certificate.der, ret_trust->certificate.length,
			ret_trust->certificate.key_id, reporter);
	secure_boot_visit_certificates(settings, add_other, ret_trust);
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
	for (size_t i = 0; i < trust->other_count; i++)
		free(trust->others[i].der);
	free(trust->others);
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

/* The owner of a signature, as far as certificates are known. */
struct finding {
	enum attached_signature attached;
	bool ours; /* of the certificate that signs here; else of another that is enrolled */
};

static struct finding examine(const struct signing_trust *trust, const char *data, size_t length)
{
	const struct certificate_identity *own = &trust->certificate;
	struct finding finding = {signature_verify(data, length, own->der, own->length), true};

	for (size_t i = 0; finding.attached == ATTACHED_BY_OTHER && i < trust->other_count; i++)
		finding = (struct finding){signature_verify(data, length, trust->others[i].der,
							    trust->others[i].length),
					   false};
	return finding;
}

/*
 * Without enforcement: the kernel minds a broken signature if it has the key. Which of those that
 * firmware and shim have it takes for modules depends on how it was built.
 */
static enum signature_verdict when_not_enforced(const struct signing_trust *trust,
						const struct finding *finding)
{
	if (finding->attached == ATTACHED_BY_OTHER)
		return SIGNATURE_UNCERTAIN;
	if (finding->attached != ATTACHED_BROKEN)
		return SIGNATURE_NOT_ENFORCED;
	if (finding->ours && trust->enrolment == ENROLLED_IN_KERNEL)
		return SIGNATURE_BROKEN;
	return finding->ours && !enrolment_is_trusted(trust->enrolment) ? SIGNATURE_NOT_ENFORCED
									: SIGNATURE_UNCERTAIN;
}

static enum signature_verdict verdict_of(const struct signing_trust *trust,
					 const struct finding *finding)
{
	if (finding->attached == ATTACHED_SENSELESS)
		return SIGNATURE_SENSELESS;
	if (!signing_trust_enforces(trust))
		return when_not_enforced(trust, finding);
	switch (finding->attached) {
	case ATTACHED_BROKEN:
		return SIGNATURE_BROKEN;
	case ATTACHED_BY_OTHER:
		return SIGNATURE_OTHER_KEY;
	case ATTACHED_SOUND:
		return finding->ours ? signature_verdict_of_certificate(trust) : SIGNATURE_TRUSTED;
	case ATTACHED_NONE:
	case ATTACHED_SENSELESS:
		break;
	}
	return SIGNATURE_MISSING;
}

enum { EXAMINED_TOGETHER = 32 };

/* Files that one worker examines. */
struct examination {
	const struct signing_trust *trust;
	const char *paths[EXAMINED_TOGETHER];
	int fds[EXAMINED_TOGETHER];
	size_t count;
};

/* In the worker: a stranger may have made the signature too. */
static int tell_findings(void *context, struct answer *answer, struct error *error)
{
	const struct examination *examination = context;

	(void)error;
	for (size_t i = 0; i < examination->count; i++) {
		cleanup(free_string) char *data = NULL;
		cleanup(error_clear) struct error problem = {0};
		struct finding finding = {0};
		size_t length = 0;
		bool readable = module_content_unpack(examination->fds[i], examination->paths[i],
						      &data, &length, &problem) == 0;

		if (readable)
			finding = examine(examination->trust, data, length);
		answer_put_number(answer, readable);
		answer_put_number(answer, finding.attached);
		answer_put_number(answer, finding.ours);
	}
	return 0;
}

/* A file that is no module, or cannot be read, has no signature. */
static struct file_signature when_unreadable(const struct signing_trust *trust)
{
	return (struct file_signature){signing_trust_enforces(trust) ? SIGNATURE_MISSING
								     : SIGNATURE_NOT_ENFORCED,
				       SIGNED_BY_NOBODY};
}

static enum signed_by signer_of(const struct finding *finding)
{
	switch (finding->attached) {
	case ATTACHED_SOUND:
	case ATTACHED_BROKEN:
		return finding->ours ? SIGNED_BY_US : SIGNED_BY_ENROLLED;
	case ATTACHED_BY_OTHER:
		return SIGNED_BY_UNKNOWN;
	case ATTACHED_NONE:
	case ATTACHED_SENSELESS:
		break;
	}
	return SIGNED_BY_NOBODY;
}

static int take_signature(const struct signing_trust *trust, struct answer *answer,
			  struct file_signature *ret_signature)
{
	uint64_t readable, attached, ours;

	if (answer_number(answer, &readable) < 0 || readable > 1 ||
	    answer_number(answer, &attached) < 0 || attached > ATTACHED_BROKEN ||
	    answer_number(answer, &ours) < 0 || ours > 1)
		return -EPROTO;
	const struct finding finding = {(enum attached_signature)attached, ours};

	*ret_signature = readable ? (struct file_signature){verdict_of(trust, &finding),
							    signer_of(&finding)}
				  : when_unreadable(trust);
	return 0;
}

/* -EPROTO, or what the worker died of: then nothing is told. */
static int examine_together(struct examination *examination, struct file_signature *signatures)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "reading the signatures of modules",
		.work = tell_findings,
		.context = examination,
		.fds = examination->fds,
		.fd_count = examination->count,
	};
	cleanup(error_clear) struct error problem = {0};
	int code = worker_run(&worker, &answer, &problem);

	for (size_t i = 0; i < examination->count && !code; i++)
		code = take_signature(examination->trust, &answer, &signatures[i]);
	return code ? code : answer_end(&answer);
}

/* A file that kills its worker spoils no other file's answer. */
static void examine_each(const struct examination *examination, struct file_signature *signatures)
{
	for (size_t i = 0; i < examination->count; i++) {
		struct examination one = {.trust = examination->trust,
					  .paths = {examination->paths[i]},
					  .fds = {examination->fds[i]},
					  .count = 1};

		if (lseek(one.fds[0], 0, SEEK_SET) < 0 ||
		    examine_together(&one, &signatures[i]) < 0)
			signatures[i] = when_unreadable(examination->trust);
	}
}

static void examine_some(const struct signing_trust *trust, char *const *paths, size_t count,
			 struct file_signature *ret_signatures)
{
	struct examination examination = {.trust = trust};
	struct file_signature signatures[EXAMINED_TOGETHER] = {
		{SIGNATURE_MISSING, SIGNED_BY_NOBODY}};
	size_t places[EXAMINED_TOGETHER] = {0};

	for (size_t i = 0; i < count; i++) {
		int *fd = &examination.fds[examination.count];
		cleanup(error_clear) struct error problem = {0};

		ret_signatures[i] = when_unreadable(trust);
		if (module_open(paths[i], fd, &problem) < 0)
			continue;
		examination.paths[examination.count] = paths[i];
		places[examination.count++] = i;
	}
	if (examination.count && examine_together(&examination, signatures) < 0)
		examine_each(&examination, signatures);
	for (size_t i = 0; i < examination.count; i++) {
		ret_signatures[places[i]] = signatures[i];
		(void)close(examination.fds[i]);
	}
}

void signatures_of_files(const struct signing_trust *trust, const struct strv *paths,
			 struct file_signature *ret_signatures)
{
	if (!trust->blind)
		signature_verify_prepare();
	for (size_t i = 0; i < paths->count; i += EXAMINED_TOGETHER) {
		size_t rest = paths->count - i;

		if (!trust->blind)
			examine_some(trust, paths->items + i,
				     rest < EXAMINED_TOGETHER ? rest : EXAMINED_TOGETHER,
				     ret_signatures + i);
	}
	for (size_t i = 0; trust->blind && i < paths->count; i++)
		ret_signatures[i] = (struct file_signature){SIGNATURE_NOT_ENFORCED,
							    SIGNED_BY_NOBODY};
}

void signature_verdicts_of_files(const struct signing_trust *trust, const struct strv *paths,
				 enum signature_verdict *ret_verdicts)
{
	cleanup(free_string) struct file_signature *signatures = xcalloc(paths->count,
									 sizeof(*signatures));

	signatures_of_files(trust, paths, signatures);
	for (size_t i = 0; i < paths->count; i++)
		ret_verdicts[i] = signatures[i].verdict;
}

enum signature_verdict signature_verdict_of_file(const struct signing_trust *trust,
						 const char *path)
{
	cleanup(strv_free) struct strv paths = {0};
	enum signature_verdict verdict = SIGNATURE_MISSING;

	strv_add(&paths, path);
	signature_verdicts_of_files(trust, &paths, &verdict);
	return verdict;
}

enum signature_verdict signature_verdict_of(const struct signing_trust *trust,
					    const char *directory, struct strv *names)
{
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv worst_names = {0};
	enum signature_verdict worst = SIGNATURE_TRUSTED;
	const char *file;

	if (!signing_trust_enforces(trust))
		return SIGNATURE_NOT_ENFORCED;
	directory_list_if_possible(directory, &files);
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
		[SIGNATURE_UNCERTAIN] = "uncertain",
		[SIGNATURE_BROKEN] = "altered",
		[SIGNATURE_SENSELESS] = "damaged",
	};

	return names[verdict];
}
