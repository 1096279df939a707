/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms sign-status: does this machine insist on signatures, and does it trust ours? */
#include "cli/sign_status.h"

#include "base/memory.h"
#include "base/text.h"
#include "sign/signing.h"
#include "cli/actions.h"
#include "cli/sign_advice.h"
#include "tree/layout.h"

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
