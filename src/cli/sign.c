/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sign.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/invocation.h"
#include "inspect/why.h"
#include "kernel/kernel.h"
#include "sign/signing.h"
#include "tree/layout.h"

struct sign_status {
	const struct signing_trust *trust;
	const struct status_entry *modules;     /* those that are built */
	const enum signature_verdict *verdicts; /* one for each */
	size_t count;
};

/* Advice where Secure Boot decides which modules load. */

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

/* Returns the next steps for the user, lines owned by the caller; NULL if there are none. */
static char *sign_advice_next_step(enum signature_verdict verdict,
				   const struct signing_trust *trust)
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
		return "were signed with another key than the configured key, and load only if that "
		       "other key is enrolled";
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

static struct json_object *new_enforcement(const struct signing_trust *trust)
{
	const struct secure_boot *state = &trust->enforcement;
	struct json_object *object = json_checked(json_object_new_object());

	json_set_flag(object, "enforced", signing_trust_enforces(trust));
	json_set_flag(object, "secure_boot", state->firmware);
	json_set_flag(object, "shim_validation_disabled", state->validation_disabled);
	json_set_flag(object, "lockdown", state->lockdown);
	json_set_flag(object, "sig_enforce", state->sig_enforce);
	json_set_flag(object, "kernel_option", trust->forced);
	return object;
}

static struct json_object *new_certificate(const struct signing_trust *trust)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "path", trust->certificate_path);
	json_set_flag(object, "readable", trust->certificate.name);
	if (trust->certificate.name) {
		json_set_text(object, "subject", trust->certificate.name);
		json_set_text(object, "key_id", trust->certificate.key_id);
		json_set_text(object, "serial", trust->certificate.serial);
	}
	json_set_text(object, "enrolled", enrolment_name(trust->enrolment));
	json_set_flag(object, "trusted", enrolment_is_trusted(trust->enrolment));
	return object;
}

static struct json_object *new_module(const struct status_entry *module,
				      enum signature_verdict verdict,
				      const struct signing_trust *trust)
{
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(free_string) char *next = sign_advice_next_step(verdict, trust);

	json_set_text(object, "module", module->id.name);
	json_set_text(object, "version", module->id.version);
	json_set_text(object, "kernel", module->kernel.release);
	json_set_text(object, "arch", module->kernel.arch);
	json_set_text(object, "verdict", signature_verdict_name(verdict));
	if (next)
		json_set_text(object, "next", next);
	return object;
}

/* The whole output, owned by the caller. */
static char *sign_status_json(const struct sign_status *status)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *modules = json_checked(json_object_new_array());

	json_set(root, "enforcement", new_enforcement(status->trust));
	json_set(root, "certificate", new_certificate(status->trust));
	for (size_t i = 0; i < status->count; i++)
		json_append(modules,
			    new_module(&status->modules[i], status->verdicts[i], status->trust));
	json_set(root, "modules", modules);
	return json_print(root);
}

/* The output of sign-status, for people and as JSON. */

static void show_machine(const struct signing_trust *trust, struct reporter *reporter)
{
	cleanup(free_string) char *reasons = signing_trust_reasons(trust);
	bool readable = trust->certificate.name;

	report(reporter, REPORT_LINE, "Signatures enforced: %s", *reasons ? reasons : "no");
	report(reporter, REPORT_LINE, "Public certificate (MOK): %s%s", trust->certificate_path,
	       readable ? "" : " (cannot be read)");
	if (!readable)
		return;
	report(reporter, REPORT_LINE, "Subject: %s", trust->certificate.name);
	report(reporter, REPORT_LINE, "Key id: %s", trust->certificate.key_id);
	report(reporter, REPORT_LINE, "Enrolled: %s", enrolment_name(trust->enrolment));
}

static void show(const struct sign_status *status, struct reporter *reporter)
{
	enum signature_verdict worst = signature_verdict_of_certificate(status->trust);

	show_machine(status->trust, reporter);
	for (size_t i = 0; i < status->count; i++) {
		const struct status_entry *module = &status->modules[i];

		report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s%s", module->id.name,
		       module->id.version, module->kernel.release, module->kernel.arch,
		       signature_verdict_name(status->verdicts[i]),
		       status->verdicts[i] == SIGNATURE_NOT_ENFORCED ? " (no signature is needed)"
								     : "");
		if (status->verdicts[i] > worst)
			worst = status->verdicts[i];
	}
	cleanup(free_string) char *next = sign_advice_next_step(worst, status->trust);

	if (next)
		report_text(reporter, REPORT_LINE, next);
}

/* Keeps what is built for the kernel; returns how many that are. */
static size_t keep_built(struct status_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct status_entry entry = list->items[i];

		if (entry.state != STATUS_BUILT && entry.state != STATUS_INSTALLED)
			continue;
		list->items[i] = list->items[count];
		list->items[count++] = entry;
	}
	return count;
}

static enum signature_verdict verdict_of(const struct settings *settings,
					 const struct signing_trust *trust,
					 const struct status_entry *module)
{
	cleanup(free_string) char *directory = layout_product_modules(settings, &module->id,
								      &module->kernel);
	cleanup(strv_free) struct strv names = {0};

	return signature_verdict_of(trust, directory, &names);
}

int action_sign_status(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	struct reporter *reporter = &invocation->ui->reporter;
	const struct status_filter filter = {.id = &invocation->id,
					     .kernels = &invocation->kernels};
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;
	cleanup(status_list_free) struct status_list list = {0};
	cleanup(signing_trust_free) struct signing_trust trust = {0};
	cleanup(free_string) char *key = NULL;
	cleanup(free_string) char *certificate = NULL;

	if (kernel_open(settings, &invocation->kernels.items[0], &kernel, error) < 0 ||
	    status_collect(settings, invocation->distro, &filter, &list, error) < 0)
		return error->code;
	signing_key_places(settings, invocation->distro, kernel, &key, &certificate);
	signing_trust_read(settings, kernel, certificate, reporter, &trust);
	size_t count = keep_built(&list);
	cleanup(free_string) enum signature_verdict *verdicts = xcalloc(count, sizeof(*verdicts));

	for (size_t i = 0; i < count; i++)
		verdicts[i] = verdict_of(settings, &trust, &list.items[i]);
	const struct sign_status status = {&trust, list.items, verdicts, count};

	if (invocation->options->json) {
		cleanup(free_string) char *text = sign_status_json(&status);

		report_text(reporter, REPORT_OUTPUT, text);
	} else {
		show(&status, reporter);
	}
	*ret_status = 0;
	return 0;
}

/* dkms generate_mok: the signing key and its certificate, made where they are missing. */

/* The line of a dry run. */
static const char *plan(const char *key, const char *certificate)
{
	return file_exists(key) && file_exists(certificate)
		       ? "Both exist already and are left as they are."
		       : "make the key and its certificate";
}

int action_generate_mok(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;
	cleanup(free_string) char *key = NULL;
	cleanup(free_string) char *certificate = NULL;
	struct reporter *reporter = &invocation->ui->reporter;
	bool made = false;

	if (kernel_open(&invocation->settings, &invocation->kernels.items[0], &kernel, error) < 0)
		return error->code;
	signing_key_places(&invocation->settings, invocation->distro, kernel, &key, &certificate);
	report(reporter, REPORT_LINE, "Signing key: %s", key);
	report(reporter, REPORT_LINE, "Public certificate (MOK): %s", certificate);
	*ret_status = 0;
	if (invocation->options->dry_run) {
		report_text(reporter, REPORT_LINE, plan(key, certificate));
		return 0;
	}
	if (signing_make_keys(&invocation->settings, invocation->distro, kernel, &made, error) < 0)
		return error->code;
	if (made)
		report(reporter, REPORT_LINE,
		       "They have been made. A machine with Secure Boot loads what they sign once the "
		       "certificate is enrolled: mokutil --import %s",
		       certificate);
	else
		report_text(reporter, REPORT_LINE, "Both exist already and were left as they are.");
	return 0;
}
