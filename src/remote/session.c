/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"
#include "remote/registry.h"

enum { ANSWER_MAX = 8 << 20 };

/*
 * The places that were given up in this run. All processes that were forked since see them: builds
 * run side by side, and each would wait for a dead registry anew. Places beyond ENTRIES are asked
 * again by each process.
 */
enum { ENTRIES = 16, REASON_MAX = 800 };

enum entry_state { FREE, BEING_WRITTEN, WRITTEN };

struct entry {
	_Atomic int state;
	char place[DIGEST_LENGTH + 1]; /* digest of its text */
	char reason[REASON_MAX];
};

struct unreachable_places {
	struct entry entries[ENTRIES];
};

static struct unreachable_places *unreachable_new(void)
{
	void *shared = mmap(NULL, sizeof(struct unreachable_places), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	return shared;
}

static void unreachable_free(struct unreachable_places *unreachable)
{
	(void)munmap(unreachable, sizeof(*unreachable));
}

static bool is_of(const struct entry *entry, const char *digest)
{
	return atomic_load(&entry->state) == WRITTEN &&
	       strncmp(entry->place, digest, DIGEST_LENGTH) == 0;
}

static void unreachable_add(struct unreachable_places *unreachable, const char *place,
			    const char *reason)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &unreachable->entries[i];
		int expected = FREE;

		if (is_of(entry, digest))
			return;
		if (!atomic_compare_exchange_strong(&entry->state, &expected, BEING_WRITTEN))
			continue;
		(void)snprintf(entry->place, sizeof(entry->place), "%s", digest);
		(void)snprintf(entry->reason, sizeof(entry->reason), "%s", reason);
		atomic_store(&entry->state, WRITTEN);
		return;
	}
}

/* Why the place was given up, owned by the caller; NULL: it was not. */
static char *unreachable_reason(const struct unreachable_places *unreachable, const char *place)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < ENTRIES; i++)
		if (is_of(&unreachable->entries[i], digest))
			return xstrndup(unreachable->entries[i].reason, REASON_MAX - 1);
	return NULL;
}

struct remote_session *remote_session_new(const struct settings *settings,
					  struct reporter *reporter)
{
	struct remote_session *session = NEW(struct remote_session);

	*session = (struct remote_session){
		.settings = settings, .reporter = reporter, .unreachable = unreachable_new()};
	return session;
}

static void base_free(struct base *base)
{
	place_free(&base->place);
	access_forget(&base->access);
	close_fd(&base->directory);
	free(base);
}
DEFINE_CLEANUP(struct base *, base_free)

void remote_session_free(struct remote_session *session)
{
	for (size_t i = 0; i < session->count; i++)
		base_free(session->bases[i]);
	free(session->bases);
	unreachable_free(session->unreachable);
	glimpse_free(session->own_glimpse);
	free(session);
}

void remote_session_watch(struct remote_session *session, struct glimpse *glimpse)
{
	if (!glimpse && !session->own_glimpse)
		session->own_glimpse = glimpse_new();
	session->glimpse = glimpse ? glimpse : session->own_glimpse;
}

static struct base *find(const struct remote_session *session, const char *text)
{
	for (size_t i = 0; i < session->count; i++)
		if (text_equal(session->bases[i]->place.text, text))
			return session->bases[i];
	return NULL;
}

int session_base(struct remote_session *session, const char *text, struct base **ret_base,
		 struct error *error)
{
	struct base *known = find(session, text);

	cleanup(free_string) char *dead = unreachable_reason(session->unreachable, text);

	if (dead)
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "%s", dead);
	if (!known) {
		cleanup(base_free_handler) struct base *base = NEW(struct base);

		base->directory = -1;
		if (place_parse(text, &base->place, error) < 0)
			return error->code;
		session->bases = xreallocarray(session->bases, session->count + 1,
					       sizeof(struct base *));
		session->bases[session->count++] = known = TAKE(base);
	}
	*ret_base = known;
	return 0;
}

/* The administrator named it: links in its path may be followed. */
static int open_directory(struct base *base, struct error *error)
{
	if (base->place.kind != PLACE_DIRECTORY || base->directory >= 0)
		return 0;
	base->directory = open(base->place.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return base->directory < 0 ? error_errno(error, -errno == -ENOENT ? -EHOSTUNREACH : -errno,
						 EXIT_UNREACHABLE, "Cannot open the directory %s",
						 base->place.path)
				   : 0;
}

/* The child's share of a talk. */
struct part {
	struct remote_session *session;
	struct base *base;
	const struct talk *talk;
	struct reporter *reporter; /* that this process tells how far it is, or NULL */
};

static bool is_told_here(const struct remote_session *session, const struct talk *talk)
{
	return talk->bytes && session->glimpse && session->glimpse == session->own_glimpse;
}

/* Called while a child talks, if its session tells its reporter how far that is. */
static void show_traffic(void *context)
{
	const struct remote_session *session = context;
	cleanup(free_string) char *line = glimpse_read(session->glimpse);

	if (line)
		report(session->reporter, REPORT_PROGRESS, "[%s]", line);
}

static void end_traffic(const struct remote_session *session, const struct talk *talk)
{
	if (talk->bytes)
		glimpse_tell(session->glimpse, "");
	if (is_told_here(session, talk))
		report_text(session->reporter, REPORT_PROGRESS, "");
}

/* In the process that moves the bytes. */
static void begin_traffic(const struct part *part, struct store *store, struct traffic *traffic)
{
	const struct talk *talk = part->talk;

	if (!talk->bytes)
		return;
	traffic_begin(traffic, part->session->glimpse, talk->bytes, talk->bytes_before);
	traffic->reporter = part->reporter;
	store->traffic = traffic;
}

static int talk_to_directory(const struct part *part, struct answer *answer, struct error *error)
{
	struct directory_store directory;
	struct traffic traffic;

	directory_store_open(&directory, &part->base->place, part->base->directory);
	begin_traffic(part, &directory.store, &traffic);
	return part->talk->work(&directory.store, part->talk->context, answer, error);
}

static int talk_to_registry(const struct part *part, struct answer *answer, char **ret_token,
			    struct error *error)
{
	cleanup(registry_store_close_handler) struct registry_store *registry = NULL;
	struct traffic traffic;

	if (registry_store_open(&registry, &part->base->place, &part->base->access, error) < 0)
		return error->code;
	begin_traffic(part, registry_store(registry), &traffic);
	if (part->talk->work(registry_store(registry), part->talk->context, answer, error) < 0)
		return error->code;
	*ret_token = registry_store_token(registry);
	return 0;
}

/*
 * Forgets the credentials of other registries. Of the memory that other processes of the run read,
 * the child keeps only the glimpse, and they believe nothing in it.
 */
static void forget_others(const struct part *part)
{
	unreachable_free(TAKE(part->session->unreachable));
	for (size_t i = 0; i < part->session->count; i++)
		if (part->session->bases[i] != part->base)
			access_forget(&part->session->bases[i]->access);
}

static int talk_in_child(void *context, struct answer *answer, struct error *error)
{
	const struct part *part = context;
	cleanup(answer_free) struct answer said = {0};
	cleanup(free_string) char *token = NULL;

	forget_others(part);
	int code = part->base->place.kind == PLACE_REGISTRY
			   ? talk_to_registry(part, &said, &token, error)
			   : talk_to_directory(part, &said, error);

	if (code < 0)
		return code;
	answer_put_text(answer, token);
	answer_put_bytes(answer, said.bytes.data, said.bytes.length);
	return 0;
}

/* The token goes to the next child, and nowhere else. */
static int take_answer(struct base *base, struct answer *answer, struct answer *ret_answer)
{
	char *token = NULL, *bytes = NULL;
	size_t length = 0;

	if (answer_text(answer, &token, TOKEN_MAX) < 0)
		return -EPROTO;
	if (answer_bytes(answer, &bytes, &length, ANSWER_MAX) < 0) {
		free(token);
		return -EPROTO;
	}
	free(base->access.token);
	base->access.token = token;
	*ret_answer = (struct answer){
		.bytes = {.data = bytes, .length = length, .capacity = length + 1}};
	return 0;
}

static int remember(struct remote_session *session, const struct base *base, struct error *error)
{
	if (error->code == -ETIMEDOUT) {
		(void)error_set_status(error, EXIT_UNREACHABLE);
		error->code = -EHOSTUNREACH;
	}
	/* An error without a status is about this machine, not about the place. */
	if (error->exit_status && error->exit_status <= 128 && error->message &&
	    !text_starts_with(error->message, base->place.text))
		(void)error_wrap(error, "%s", base->place.text);
	if (error->code == -EHOSTUNREACH)
		unreachable_add(session->unreachable, base->place.text, error->message);
	return error->code;
}

static int run_child(struct remote_session *session, struct base *base, const struct talk *talk,
		     struct answer *ret_answer, struct error *error)
{
	struct part part = {.session = session, .base = base, .talk = talk};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) int *fds = xcalloc(talk->fd_count + 1, sizeof(*fds));
	struct worker worker = {
		.purpose = talk->purpose,
		.work = talk_in_child,
		.context = &part,
		.fds = fds,
		.fd_count = talk->fd_count,
		.opens_files = true,
		.network = base->place.kind == PLACE_REGISTRY,
		.seconds = talk->seconds,
		.file_size = talk->file_size,
		.answer_limit = ANSWER_MAX,
		.tick = is_told_here(session, talk) ? show_traffic : NULL,
		.tick_context = session,
	};

	for (size_t i = 0; i < talk->fd_count; i++)
		fds[i] = talk->fds[i];
	if (base->directory >= 0)
		fds[worker.fd_count++] = base->directory;
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_answer(base, &answer, ret_answer) < 0 ? worker_nonsense(&worker, error) : 0;
}

int session_talk(struct remote_session *session, struct base *base, const struct talk *talk,
		 struct answer *ret_answer, struct error *error)
{
	if (access_load(session->settings, &base->place, session->reporter, &base->access, error) <
		    0 ||
	    open_directory(base, error) < 0 ||
	    run_child(session, base, talk, ret_answer, error) < 0)
		(void)remember(session, base, error);
	end_traffic(session, talk);
	return error->code;
}

int session_write(struct remote_session *session, struct base *base, const struct talk *talk,
		  struct answer *ret_answer, struct error *error)
{
	const struct part part = {
		.session = session,
		.base = base,
		.talk = talk,
		.reporter = is_told_here(session, talk) ? session->reporter : NULL,
	};

	if (file_make_directories(base->place.path, error) < 0 || open_directory(base, error) < 0 ||
	    talk_to_directory(&part, ret_answer, error) < 0)
		(void)remember(session, base, error);
	end_traffic(session, talk);
	return error->code;
}
