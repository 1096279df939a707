/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/conversation.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

enum { ATTEMPTS = 5, FIRST_PAUSE = 200, TOKEN_PATIENCE = 5000 };

int conversation_open(struct conversation *conversation, const struct place *place,
		      const struct access *access, struct error *error)
{
	*conversation = (struct conversation){.place = place, .access = access};
	if (access->token)
		conversation->token = xstrdup(access->token);
	return http_open(place, access, &conversation->http, error);
}

void conversation_close(struct conversation *conversation)
{
	if (conversation->http)
		http_close(conversation->http);
	free(conversation->token);
}

/* Where nobody can listen on the way. */
static bool may_send_password(const struct conversation *conversation, const char *url)
{
	return text_starts_with(url, "https://") ||
	       (conversation->place->is_local && place_is_loopback_url(url));
}

static int refused(const struct conversation *conversation, long status, struct error *error)
{
	const char *place = conversation->place->text;

	(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "%s refuses (HTTP %ld).", place,
			status);
	if (conversation->access->user && !conversation->place->is_encrypted &&
	    !conversation->place->is_local)
		return error_hint(error, "Credentials are not sent over http. Use https.");
	if (conversation->access->user)
		return error_hint(error,
				  "The credentials for %s in registry-auth.json are not accepted.",
				  conversation->place->host);
	return error_hint(
		error, "Credentials for it belong into /etc/dkms/registry-auth.json (mode 0600), "
		       "in the format of docker's config.json.");
}

static int judge(const struct conversation *conversation, const struct http_answer *answer,
		 const struct errand *errand, struct error *error)
{
	const char *place = conversation->place->text;

	if (answer->status >= 200 && answer->status <= 299)
		return 0;
	if (answer->status == 404)
		return error_set(error, -ENOENT, EXIT_NOT_PUBLISHED, "%s has no %s.", place,
				 errand->what);
	if (answer->status == 401 || answer->status == 403)
		return refused(conversation, answer->status, error);
	if (answer->status == 429)
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				 "%s is asked too often (HTTP 429).", place);
	return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "%s answers with HTTP %ld.", place,
			 answer->status);
}

/* From the service that the registry names, which gets user and password, where there are any. */
static int get_token(struct conversation *conversation, const struct challenge *challenge,
		     const char *scope, struct error *error)
{
	cleanup(free_string) char *url = challenge_url(challenge, scope);
	cleanup(http_answer_free) struct http_answer answer = {0};
	cleanup(buffer_free) struct buffer text = {0};
	const struct sink sink = buffer_sink(&text);
	bool with_password = conversation->access->user && may_send_password(conversation, url);
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.credentials = with_password ? HTTP_BASIC : HTTP_ANONYMOUS,
		.sink = &sink,
		.limit = TOKEN_ANSWER_MAX,
		.milliseconds = TOKEN_PATIENCE,
	};

	if (conversation->place->is_encrypted && !text_starts_with(url, "https://"))
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				 "%s wants a token that is not given by https.",
				 conversation->place->text);
	if (http_perform(conversation->http, &request, &answer, error) < 0)
		return error->code;
	free(conversation->token);
	conversation->token = answer.status == 200 ? token_parse(text.data, text.length) : NULL;
	return conversation->token ? 0 : refused(conversation, answer.status, error);
}

/* After a 401. */
static int authorize(struct conversation *conversation, const struct http_answer *answer,
		     const struct errand *errand, struct error *error)
{
	cleanup(challenge_free) struct challenge challenge = {0};
	cleanup(free_string) char *scope = errand->repository
						   ? text_format(
							     "repository:%s:%s", errand->repository,
							     errand->writes ? "pull,push" : "pull")
						   : xstrdup("");

	if (!answer->challenge || !challenge_parse(answer->challenge, &challenge))
		return refused(conversation, answer->status, error);
	if (!challenge.is_basic)
		return get_token(conversation, &challenge, scope, error);
	if (!conversation->access->user || conversation->is_basic ||
	    !may_send_password(conversation, conversation->place->origin))
		return refused(conversation, answer->status, error);
	conversation->is_basic = true;
	return 0;
}

static bool is_temporary(long status)
{
	return status == 408 || status == 429 || (status >= 500 && status != 501);
}

/* Machines that were refused together must not come back together. */
static int pause_before(int attempt, const struct http_answer *answer)
{
	unsigned char random = 0;
	int pause = FIRST_PAUSE << attempt;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0; /* all the better for this one */
	pause += pause * random / UINT8_MAX;
	return answer->retry_after > 0 && answer->retry_after < 3600 &&
			       answer->retry_after * 1000 > pause
		       ? (int)answer->retry_after * 1000
		       : pause;
}

/* To its own host alone. */
static enum http_credentials credentials_for(const struct conversation *conversation,
					     const char *url)
{
	cleanup(free_string) char *own = text_format("%s/", conversation->place->origin);

	if (!text_starts_with(url, own))
		return HTTP_ANONYMOUS;
	return conversation->token      ? HTTP_BEARER
	       : conversation->is_basic ? HTTP_BASIC
					: HTTP_ANONYMOUS;
}

static int try_once(struct conversation *conversation, const struct http_request *request,
		    int64_t deadline, struct http_answer *answer, struct error *error)
{
	struct http_request now = *request;
	int left = deadline_remaining(deadline);

	http_answer_free(answer);
	if (now.milliseconds)
		now.milliseconds = left > 0 ? left : 1;
	now.credentials = credentials_for(conversation, now.url);
	now.token = conversation->token;
	if (now.sink && now.sink->restart(now.sink->context, error) < 0)
		return error->code;
	return http_perform(conversation->http, &now, answer, error);
}

/* Whether it is worth another attempt, after a pause that is made here. */
static bool wait_for_next(int attempt, const struct http_answer *answer, int64_t deadline)
{
	int pause = pause_before(attempt, answer);

	if (attempt + 1 >= ATTEMPTS || pause >= deadline_remaining(deadline))
		return false;
	(void)poll(NULL, 0, pause);
	return true;
}

int converse(struct conversation *conversation, const struct http_request *request,
	     const struct errand *errand, struct http_answer *ret_answer, struct error *error)
{
	int64_t deadline = deadline_after_ms(errand->patience);
	bool is_authorized = false;

	for (int attempt = 0;; attempt++) {
		int code = try_once(conversation, request, deadline, ret_answer, error);

		if (code == 0 && ret_answer->status == 401 && !is_authorized) {
			is_authorized = true;
			if (authorize(conversation, ret_answer, errand, error) < 0)
				return error->code;
			continue;
		}
		if (code == 0 && !is_temporary(ret_answer->status))
			return judge(conversation, ret_answer, errand, error);
		if (code < 0 && (code != -EHOSTUNREACH || ret_answer->is_final))
			return code;
		if (!wait_for_next(attempt, ret_answer, deadline))
			return code < 0 ? code : judge(conversation, ret_answer, errand, error);
		error_clear(error);
	}
}
