/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trust/trust.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "sign/detached.h"
#include "trust/publishers.h"

enum { CONFIG_LIMIT = 4 << 20, SIGNATURE_LIMIT = 64 << 10, NAME_LIMIT = 1024, DATES_LIMIT = 256 };

void publisher_free(struct publisher *publisher)
{
	free(publisher->name);
	free(publisher->key_id);
	free(publisher->file);
	free(publisher->warning);
	*publisher = (struct publisher){0};
}

int trust_load(const struct settings *settings, struct reporter *reporter, struct trust **ret_trust,
	       struct error *error)
{
	cleanup(trust_free_handler) struct trust *trust = NEW(struct trust);

	if (publishers_read(settings, trust, reporter, error) < 0)
		return error->code;
	*ret_trust = TAKE(trust);
	return 0;
}

void trust_free(struct trust *trust)
{
	trust_files_free(&trust->certificates);
	trust_files_free(&trust->lists);
	free(trust->directory);
	free(trust);
}

static struct detached_bytes *bytes_of(const struct trust_files *files)
{
	struct detached_bytes *bytes = xcalloc(files->count + 1, sizeof(*bytes));

	for (size_t i = 0; i < files->count; i++)
		bytes[i] = (struct detached_bytes){files->items[i].data, files->items[i].length};
	return bytes;
}

/* In the worker: the key of each certificate; NULL if it is senseless or revoked. */
static int describe_all(void *context, struct answer *answer, struct error *error)
{
	const struct trust *trust = context;
	cleanup(free_string) struct detached_bytes *lists = bytes_of(&trust->lists);

	(void)error;
	for (size_t i = 0; i < trust->certificates.count; i++) {
		const struct trust_file *file = &trust->certificates.items[i];
		const struct detached_bytes bytes = {file->data, file->length};
		struct detached_certificate_facts facts;

		detached_describe(&bytes, lists, trust->lists.count, &facts);
		answer_put_text(answer, facts.revoked ? NULL : facts.key_id);
		free(facts.key_id);
		free(facts.name);
	}
	return 0;
}

static bool may(const struct trust_file *file, const char *module, const char *remote)
{
	return !file->binding.revoked && binding_allows(&file->binding, module, remote);
}

static int take_keys(const struct trust *trust, const char *module, const char *remote,
		     struct answer *answer, struct strv *key_ids)
{
	for (size_t i = 0; i < trust->certificates.count; i++) {
		cleanup(free_string) char *key_id = NULL;

		if (answer_text(answer, &key_id, KEY_ID_LENGTH) < 0)
			return -EPROTO;
		if (key_id && may(&trust->certificates.items[i], module, remote) &&
		    !strv_contains(key_ids, key_id))
			strv_add(key_ids, key_id);
	}
	return answer_end(answer);
}

int trust_list_keys(const struct trust *trust, const char *module, const char *remote,
		    struct strv *key_ids, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "reading the certificates of publishers",
		.work = describe_all,
		.context = (void *)trust,
	};

	if (!trust->certificates.count)
		return 0;
	detached_prepare();
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_keys(trust, module, remote, &answer, key_ids) < 0
		       ? worker_nonsense(&worker, error)
		       : 0;
}

/* The input of the worker, all in memory. */
struct verification {
	const struct trust *trust;
	struct detached_bytes config, signature;
};

/* In the worker. */
static int verify(void *context, struct answer *answer, struct error *error)
{
	const struct verification *verification = context;
	const struct trust *trust = verification->trust;
	cleanup(free_string) struct detached_bytes *certificates = bytes_of(&trust->certificates);
	cleanup(free_string) struct detached_bytes *lists = bytes_of(&trust->lists);
	struct detached_certificate_facts signer;
	struct detached_facts facts;
	enum detached_verdict verdict = detached_verify(
		certificates, trust->certificates.count, lists, trust->lists.count,
		&verification->config, &verification->signature, &facts);

	(void)error;
	answer_put_number(answer, verdict);
	if (verdict != DETACHED_SOUND)
		return 0;
	detached_describe(&certificates[facts.signer], NULL, 0, &signer);
	answer_put_number(answer, facts.signer);
	answer_put_number(answer, facts.revoked);
	answer_put_number(answer, facts.dates);
	answer_put_text(answer, facts.dates_text);
	answer_put_text(answer, signer.key_id);
	answer_put_text(answer, signer.name);
	free(signer.key_id);
	free(signer.name);
	free(facts.dates_text);
	return 0;
}

/* The worker's answer about a sound signature. */
struct finding {
	uint64_t verdict, signer, revoked, dates;
	char *dates_text, *key_id, *name;
};

static void finding_free(struct finding *finding)
{
	free(finding->dates_text);
	free(finding->key_id);
	free(finding->name);
}

static bool take_finding(const struct trust *trust, struct answer *answer, struct finding *finding)
{
	if (answer_number(answer, &finding->verdict) < 0 || finding->verdict >= DETACHED_VERDICTS)
		return false;
	if (finding->verdict != DETACHED_SOUND)
		return answer_end(answer) == 0;
	return answer_number(answer, &finding->signer) == 0 &&
	       finding->signer < trust->certificates.count &&
	       answer_number(answer, &finding->revoked) == 0 &&
	       answer_number(answer, &finding->dates) == 0 && finding->dates < DATES_KINDS &&
	       answer_text(answer, &finding->dates_text, DATES_LIMIT) == 0 &&
	       answer_text(answer, &finding->key_id, KEY_ID_LENGTH) == 0 &&
	       answer_text(answer, &finding->name, NAME_LIMIT) == 0 && finding->key_id &&
	       finding->name && finding->dates_text && answer_end(answer) == 0;
}

static int refuse(const struct trust_question *question, struct error *error, const char *reason)
{
	return error_set(error, -EACCES, EXIT_NOT_TRUSTED,
			 "The build of %s from %s is refused: %s.", question->module,
			 question->remote, reason);
}

static int refuse_verdict(const struct trust *trust, const struct trust_question *question,
			  enum detached_verdict verdict, struct error *error)
{
	if (verdict == DETACHED_SENSELESS)
		return refuse(question, error, "its signature makes no sense");
	if (verdict == DETACHED_BROKEN)
		return refuse(question, error,
			      "its signature belongs to other bytes, so it was altered");
	(void)refuse(question, error, "nobody who is trusted here has signed it");
	return error_hint(error, "To trust its publisher, put the certificate into %s.",
			  trust->directory);
}

static int judge(const struct trust *trust, const struct trust_question *question,
		 const struct finding *finding, struct error *error)
{
	const struct trust_file *file = &trust->certificates.items[finding->signer];
	const char *name = finding->name;
	cleanup(free_string) char *reason = NULL;

	if (finding->revoked || file->binding.revoked)
		reason = text_format("the certificate of its publisher \"%s\" is revoked", name);
	else if (finding->dates == DATES_INVALID)
		reason = text_format("the certificate of its publisher \"%s\" was not valid when "
				     "it was signed (%s)",
				     name, finding->dates_text);
	else if (!binding_allows(&file->binding, question->module, question->remote))
		reason = text_format("its publisher \"%s\" is trusted for other modules or "
				     "remotes only, as the .conf beside %s says",
				     name, file->path);
	return reason ? refuse(question, error, reason) : 0;
}

static int conclude(const struct trust *trust, const struct trust_question *question,
		    struct finding *finding, struct publisher *ret_publisher, struct error *error)
{
	if (finding->verdict != DETACHED_SOUND)
		return refuse_verdict(trust, question, (enum detached_verdict)finding->verdict,
				      error);
	if (judge(trust, question, finding, error) < 0)
		return error->code;
	*ret_publisher = (struct publisher){
		.file = xstrdup(trust->certificates.items[finding->signer].path),
	};
	ret_publisher->name = TAKE(finding->name);
	ret_publisher->key_id = TAKE(finding->key_id);
	if (finding->dates == DATES_VALID_THEN)
		ret_publisher->warning = text_format(
			"The certificate of \"%s\" is not valid now, but was when the build was "
			"signed (%s).",
			ret_publisher->name, finding->dates_text);
	return 0;
}

/* A text of these bytes, with NUL bytes as they are. */
static int read_bytes(const char *path, size_t limit, struct detached_bytes *ret_bytes,
		      char **ret_data, struct error *error)
{
	size_t length;

	if (file_read_nofollow(path, limit, ret_data, &length, error) < 0)
		return error_set_status(error, EXIT_NOT_TRUSTED);
	*ret_bytes = (struct detached_bytes){*ret_data, length};
	return 0;
}

int trust_verify(const struct trust *trust, const struct trust_question *question,
		 struct publisher *ret_publisher, struct error *error)
{
	struct verification verification = {.trust = trust};
	cleanup(free_string) char *config = NULL;
	cleanup(free_string) char *signature = NULL;
	cleanup(answer_free) struct answer answer = {0};
	cleanup(finding_free) struct finding finding = {0};
	const struct worker worker = {
		.purpose = "verifying the signature of a build",
		.work = verify,
		.context = &verification,
	};

	if (!trust->certificates.count) {
		(void)refuse(question, error, "no publisher is trusted on this machine");
		return error_hint(error, "To trust one, put the certificate into %s.",
				  trust->directory);
	}
	if (read_bytes(question->config, CONFIG_LIMIT, &verification.config, &config, error) < 0 ||
	    read_bytes(question->signature, SIGNATURE_LIMIT, &verification.signature, &signature,
		       error) < 0)
		return error->code;
	detached_prepare();
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (!take_finding(trust, &answer, &finding))
		return worker_nonsense(&worker, error);
	return conclude(trust, question, &finding, ret_publisher, error);
}
