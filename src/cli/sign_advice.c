/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sign_advice.h"

#include "base/memory.h"
#include "base/text.h"
#include "tree/layout.h"

/* The worst verdict among the installed modules. */
struct finding {
	enum signature_verdict verdict;
	const struct signing_trust *trust; /* borrowed */
	const struct job *job; /* the first that it is about; NULL: nothing was installed */
	struct strv modules;   /* file names */
};

static void finding_free(struct finding *finding)
{
	strv_free(&finding->modules);
}

static void look_at(struct loading *loading, const struct job *job, struct finding *finding)
{
	const struct settings *settings = loading->settings;
	cleanup(error_clear) struct error error = {0};
	cleanup(free_string) char *modules = layout_product_modules(settings, &job->id,
								    &job->kernel->id);
	cleanup(finding_free) struct finding found = {.job = job};

	if (loading_trust(loading, &job->kernel->id, &found.trust, &error) < 0)
		return;
	found.verdict = signature_verdict_of(found.trust, modules, &found.modules);
	if (finding->job && found.verdict == finding->verdict)
		strv_add_all(&finding->modules, &found.modules);
	if (finding->job && found.verdict <= finding->verdict)
		return;
	finding_free(finding);
	*finding = found;
	found = (struct finding){0};
}

/* mokutil takes DER only. */
static char *import_command(const struct signing_trust *trust)
{
	const char *path = trust->certificate_path;

	if (trust->certificate.is_der)
		return text_format("mokutil --import %s", path);
	return text_format("openssl x509 -in %s -outform DER -out mok.der && "
			   "mokutil --import mok.der",
			   path);
}

char *sign_advice_next_step(enum signature_verdict verdict, const struct signing_trust *trust)
{
	cleanup(free_string) char *import = import_command(trust);

	switch (verdict) {
	case SIGNATURE_NOT_ENROLLED:
		if (!trust->certificate.name)
			return xstrdup(
				"Next: dkms generate_mok, which makes what is missing of the "
				"signing key and its certificate.");
		return text_format(
			"Next: %s\n"
			"It asks for a password to be used once. Then reboot: in the blue screen "
			"choose \"Enroll MOK\", \"Continue\", \"Yes\", and give that password.",
			import);
	case SIGNATURE_REQUESTED:
		return xstrdup("Next: reboot, and in the blue screen choose \"Enroll MOK\", "
			       "\"Continue\", \"Yes\", and give the password that \"mokutil "
			       "--import\" had asked for.");
	case SIGNATURE_OTHER_KEY:
	case SIGNATURE_MISSING:
	case SIGNATURE_UNCERTAIN:
	case SIGNATURE_BROKEN:
	case SIGNATURE_SENSELESS:
		return text_format("Next: dkms sign M/V -k K, which signs what is built with the "
				   "key of %s.",
				   trust->certificate_path);
	case SIGNATURE_NOT_ENFORCED:
	case SIGNATURE_TRUSTED:
		break;
	}
	return NULL;
}

static const char *explanation(enum signature_verdict verdict)
{
	switch (verdict) {
	case SIGNATURE_REQUESTED:
		return "will load once the certificate of their key is enrolled, which waits for "
		       "the next boot";
	case SIGNATURE_NOT_ENROLLED:
		return "will not load: the certificate of the key that signed them is not enrolled";
	case SIGNATURE_OTHER_KEY:
		return "were signed with another key than the one that is set up, and load only if "
		       "that one is enrolled";
	case SIGNATURE_MISSING:
		return "will not load: they are not signed";
	case SIGNATURE_BROKEN:
		return "will not load: they were altered after they were signed";
	case SIGNATURE_SENSELESS:
		return "will not load: what stands in the place of their signature is none";
	case SIGNATURE_UNCERTAIN:
	case SIGNATURE_NOT_ENFORCED:
	case SIGNATURE_TRUSTED:
		break;
	}
	return "will load: they are signed, and the certificate is enrolled";
}

static void say(const struct finding *finding, struct reporter *reporter)
{
	cleanup(free_string) char *reasons = signing_trust_reasons(finding->trust);
	cleanup(free_string) char *modules = strv_join(&finding->modules, ", ");
	cleanup(free_string) char *next = sign_advice_next_step(finding->verdict, finding->trust);

	report(reporter, next ? REPORT_WARNING : REPORT_LINE,
	       "Only trusted modules load here (%s). These %s: %s%s%s", reasons,
	       explanation(finding->verdict), modules, next ? "\n" : "", next ? next : "");
}

void sign_advice_after(struct loading *loading, const struct plan *plan,
		       const struct job_result *results)
{
	cleanup(finding_free) struct finding finding = {0};

	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_INSTALL && results[i].outcome == JOB_SUCCEEDED)
			look_at(loading, &plan->jobs[i], &finding);
	if (finding.job && finding.verdict != SIGNATURE_NOT_ENFORCED)
		say(&finding, loading->reporter);
}
