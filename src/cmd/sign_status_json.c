/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <json-c/json.h>

#include "base/text.h"
#include "base/utf8.h"
#include "cmd/sign_advice.h"
#include "cmd/sign_status.h"

/* Takes value. json-c reports nothing but lack of memory, which ends the process here too. */
static void set(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value || json_object_object_add(object, key, value) < 0)
		abort();
}

static void set_text(struct json_object *object, const char *key, const char *text)
{
	cleanup(free_string) char *repaired = utf8_repaired(text);

	set(object, key, json_object_new_string(repaired));
}

static void set_flag(struct json_object *object, const char *key, bool flag)
{
	set(object, key, json_object_new_boolean(flag));
}

static struct json_object *new_enforcement(const struct secure_boot *state)
{
	struct json_object *object = json_object_new_object();

	set_flag(object, "enforced", secure_boot_enforces(state));
	set_flag(object, "secure_boot", state->firmware);
	set_flag(object, "shim_validation_disabled", state->validation_disabled);
	set_flag(object, "lockdown", state->lockdown);
	set_flag(object, "sig_enforce", state->sig_enforce);
	return object;
}

static struct json_object *new_certificate(const struct signing_trust *trust)
{
	struct json_object *object = json_object_new_object();

	set_text(object, "path", trust->certificate_path);
	set_flag(object, "readable", trust->certificate.name);
	if (trust->certificate.name) {
		set_text(object, "subject", trust->certificate.name);
		set_text(object, "key_id", trust->certificate.key_id);
		set_text(object, "serial", trust->certificate.serial);
	}
	set_text(object, "enrolled", enrolment_name(trust->enrolment));
	set_flag(object, "trusted", enrolment_is_trusted(trust->enrolment));
	return object;
}

static struct json_object *new_module(const struct status_entry *module, enum load_verdict verdict,
				      const struct signing_trust *trust)
{
	struct json_object *object = json_object_new_object();
	cleanup(free_string) char *next = sign_advice_next_step(verdict, trust);

	set_text(object, "module", module->id.name);
	set_text(object, "version", module->id.version);
	set_text(object, "kernel", module->kernel.release);
	set_text(object, "arch", module->kernel.arch);
	set_text(object, "verdict", load_verdict_name(verdict));
	if (next)
		set_text(object, "next", next);
	return object;
}

char *sign_status_json(const struct sign_status *status)
{
	struct json_object *root = json_object_new_object();
	struct json_object *modules = json_object_new_array();

	set(root, "enforcement", new_enforcement(&status->trust->enforcement));
	set(root, "certificate", new_certificate(status->trust));
	for (size_t i = 0; i < status->count; i++)
		if (json_object_array_add(modules, new_module(&status->modules[i],
							      status->verdicts[i], status->trust)) <
		    0)
			abort();
	set(root, "modules", modules);
	const char *text = json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		abort();
	char *copy = text_format("%s\n", text);

	(void)json_object_put(root);
	return copy;
}
