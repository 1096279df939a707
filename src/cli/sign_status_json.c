/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/sign_advice.h"
#include "cli/sign_status.h"

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

char *sign_status_json(const struct sign_status *status)
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
