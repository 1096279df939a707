/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms generate_mok: the signing key and its certificate, made where they are missing. */
#include "base/file.h"
#include "sign/signing.h"
#include "cli/actions.h"
#include "kernel/kernel.h"

/* What would be done, on a dry run. */
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
