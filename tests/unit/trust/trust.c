/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include "message_log.h"
#include "sign/detached.h"
#include "trust/trust.h"

#define CONTENT "{\"format\":1}\n"
#define REMOTE  "https://builds.invalid/dkms"
#define PLACE   "etc/dkms/trusted.d/"

/* SCRATCH/etc/dkms/trusted.d/NAME gets the pair's certificate. */
static void trust_pair(void **state, const struct pair *pair, const char *name)
{
	scratch_directory(*state, PLACE);
	run("cp '%s' '%s/" PLACE "%s'", pair->certificate, (char *)*state, name);
}

/* SCRATCH/config is signed. */
static void publish(void **state, const struct pair *pair)
{
	const struct detached_bytes content = {CONTENT, sizeof(CONTENT) - 1};
	cleanup(buffer_free) struct buffer signature = {0};
	cleanup(free_string) char *key_id = NULL;
	struct error error = {0};

	scratch_write(*state, "config", CONTENT);
	assert_ok(
		detached_sign(pair->key, pair->certificate, &content, &signature, &key_id, &error),
		&error);
	scratch_write_bytes(*state, "signature", signature.data, signature.length, 0644);
}

/* With what the log then holds. */
static int verify(void **state, struct message_log *log, struct publisher *publisher,
		  struct error *error)
{
	cleanup(settings_free) struct settings settings;
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(free_string) char *config = path_join(*state, "config", NULL);
	cleanup(free_string) char *signature = path_join(*state, "signature", NULL);
	const struct trust_question question = {"zfs", REMOTE, config, signature};

	settings_init(&settings, *state);
	if (log)
		message_log_init(log);
	if (trust_load(&settings, log ? &log->reporter : NULL, &trust, error) < 0)
		return error->code;
	return trust_verify(trust, &question, publisher, error);
}

static void assert_refused(void **state, const char *reason)
{
	struct publisher publisher = {0};
	struct error error = {0};

	assert_true(verify(state, NULL, &publisher, &error) < 0);
	assert_error(&error, EXIT_NOT_TRUSTED, reason);
}

static void assert_warned_and_refused(void **state, const char *warning)
{
	struct publisher publisher = {0};
	struct message_log log;
	struct error error = {0};

	assert_int_equal(verify(state, &log, &publisher, &error), -EACCES);
	assert_error(&error, EXIT_NOT_TRUSTED, "no publisher is trusted on this machine");
	if (!strstr(message_log_text(&log), warning))
		fail_msg("expected \"%s\" in \"%s\"", warning, message_log_text(&log));
	buffer_free(&log.text);
}

static void assert_believed(void **state, const char *name)
{
	cleanup(publisher_free) struct publisher publisher = {0};
	struct error error = {0};

	assert_ok(verify(state, NULL, &publisher, &error), &error);
	assert_string_equal(publisher.name, name);
	assert_int_equal(strlen(publisher.key_id), KEY_ID_LENGTH);
	assert_null(publisher.warning);
}

static void a_trusted_publisher_is_believed(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");

	publish(state, &pair);
	assert_refused(state, "no publisher is trusted on this machine");
	trust_pair(state, &pair, "publisher.crt");
	assert_believed(state, "publisher");
	run("cd '%s/" PLACE "' && openssl x509 -in publisher.crt -outform DER -out p.der && "
	    "rm publisher.crt",
	    (char *)*state);
	assert_believed(state, "publisher");
}

static void a_stranger_is_not(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	cleanup(pair_free) struct pair stranger = make_pair(state, "stranger");

	publish(state, &stranger);
	trust_pair(state, &pair, "publisher.pem");
	assert_refused(state, "nobody who is trusted here has signed it");
	publish(state, &pair);
	scratch_write(*state, "config", "{\"format\":2}\n");
	assert_refused(state, "its signature belongs to other bytes");
	scratch_write(*state, "signature", "<html>");
	assert_refused(state, "its signature makes no sense");
	/* Names without a certificate's ending are none. */
	run("mv '%s/" PLACE "publisher.pem' '%s/" PLACE "publisher.txt'", (char *)*state,
	    (char *)*state);
	assert_refused(state, "no publisher is trusted on this machine");
}

static void a_conf_beside_it_binds_a_publisher(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");

	publish(state, &pair);
	trust_pair(state, &pair, "publisher.crt");
	scratch_write(*state, PLACE "publisher.conf", "modules=\"nvidia* zfs\"\n");
	assert_believed(state, "publisher");
	scratch_write(*state, PLACE "publisher.conf", "modules=nvidia*\n");
	assert_refused(state, "is trusted for other modules or remotes only");
	scratch_write(*state, PLACE "publisher.conf", "remotes=https://other.example\n");
	assert_refused(state, "is trusted for other modules or remotes only");
	scratch_write(*state, PLACE "publisher.conf", "revoked=yes\n");
	assert_refused(state, "its publisher \"publisher\" is revoked");
	scratch_write(*state, PLACE "publisher.conf", "module=zfs\n");
	assert_warned_and_refused(state,
				  "publisher.conf cannot be used: \"module=zfs\" is none of");
}

static void what_others_may_change_is_not_used(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	char *scratch = *state;

	publish(state, &pair);
	trust_pair(state, &pair, "publisher.crt");
	run("chmod o+w '%s/" PLACE "publisher.crt'", scratch);
	assert_warned_and_refused(state,
				  "publisher.crt is not used: it can be written to by others");
	run("chmod o-w,g+w '%s/" PLACE "publisher.crt'", scratch);
	assert_warned_and_refused(state,
				  "publisher.crt is not used: it can be written to by others");
	run("chmod g-w '%s/" PLACE "publisher.crt'", scratch);
	scratch_write_bytes(scratch, PLACE "publisher.conf", "", 0, 0666);
	run("chmod 666 '%s/" PLACE "publisher.conf'", scratch);
	assert_warned_and_refused(state, "publisher.conf cannot be used");
	run("rm '%s/" PLACE "publisher.conf'", scratch);
	run("chmod o+w '%s/" PLACE "'", scratch);
	assert_refused(state, "trusted.d can be written to by others");
	run("chmod o-w '%s/" PLACE "' && chmod o+w '%s/etc/dkms'", scratch, scratch);
	assert_refused(state, "etc/dkms can be written to by others");
	run("chmod o-w '%s/etc/dkms'", scratch);
	assert_believed(state, "publisher");
}

static void links_are_not_followed(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");
	char *scratch = *state;

	publish(state, &pair);
	trust_pair(state, &pair, "publisher.crt");
	run("mv '%s/" PLACE "publisher.crt' '%s/elsewhere'", scratch, scratch);
	scratch_symlink(scratch, PLACE "publisher.crt", "../../../elsewhere");
	assert_warned_and_refused(state, "publisher.crt is not used: it is a symbolic link");
	run("rm '%s/" PLACE "publisher.crt' && mv '%s/elsewhere' '%s/" PLACE "publisher.crt'",
	    scratch, scratch, scratch);
	run("mv '%s/etc/dkms/trusted.d' '%s/trusted.d' && ln -s ../../trusted.d "
	    "'%s/etc/dkms/trusted.d'",
	    scratch, scratch, scratch);
	assert_refused(state, "trusted.d is no directory");
}

static void make_list(void **state, const struct pair *ca, const char *revoke)
{
	run("cd '%s' && mkdir -p ca && : >ca/index && echo 01 >ca/number && printf '%%s\\n' "
	    "'[ca]' 'default_ca=own' '[own]' 'database=ca/index' 'crlnumber=ca/number' "
	    "'default_md=sha256' 'default_crl_days=30' >ca/conf && "
	    "{ [ -z '%s' ] || openssl ca -config ca/conf -keyfile '%s' -cert '%s' -revoke '%s' "
	    "2>/dev/null; } && openssl ca -config ca/conf -gencrl -keyfile '%s' -cert '%s' -out "
	    "'" PLACE "list.crl' 2>/dev/null",
	    (char *)*state, revoke, ca->key, ca->certificate, revoke, ca->key, ca->certificate);
}

static size_t count_keys(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(strv_free) struct strv keys = {0};
	struct error error = {0};

	settings_init(&settings, *state);
	assert_ok(trust_load(&settings, NULL, &trust, &error), &error);
	assert_ok(trust_list_keys(trust, "zfs", REMOTE, &keys, &error), &error);
	return keys.count;
}

static void a_revoked_certificate_is_refused(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "publisher");

	publish(state, &pair);
	trust_pair(state, &pair, "publisher.crt");
	make_list(state, &pair, "");
	assert_believed(state, "publisher");
	assert_int_equal(count_keys(state), 1);
	make_list(state, &pair, pair.certificate);
	assert_refused(state, "its publisher \"publisher\" is revoked");
	assert_int_equal(count_keys(state), 0);
	/* Whom it revokes is not known. */
	scratch_write(*state, PLACE "list.crl", "-----BEGIN X509 CRL-----\n");
	assert_refused(state, "is revoked");
	run("chmod o+w '%s/" PLACE "list.crl'", (char *)*state);
	assert_refused(state, "list.crl cannot be used");
}

/* The same key under two certificates is one publisher. */
static void a_publisher_is_its_key(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(pair_free) struct pair one = make_pair(state, "one");
	cleanup(pair_free) struct pair two = make_pair(state, "two");
	cleanup(strv_free) struct strv keys = {0}, few = {0};
	struct error error = {0};

	trust_pair(state, &one, "one.crt");
	trust_pair(state, &two, "two.crt");
	run("openssl req -x509 -new -key '%s' -subj /CN=again -days 9 -out '%s/" PLACE "again.crt'",
	    one.key, (char *)*state);
	scratch_write(*state, PLACE "two.conf", "modules=nvidia\n");
	scratch_write(*state, PLACE "damaged.crt", "none");
	settings_init(&settings, *state);
	assert_ok(trust_load(&settings, NULL, &trust, &error), &error);
	assert_ok(trust_list_keys(trust, "nvidia", REMOTE, &keys, &error), &error);
	assert_int_equal(keys.count, 2);
	assert_ok(trust_list_keys(trust, "zfs", REMOTE, &few, &error), &error);
	assert_int_equal(few.count, 1);
}

UNIT_MAIN(scratch_test(a_trusted_publisher_is_believed), scratch_test(a_stranger_is_not),
	  scratch_test(a_conf_beside_it_binds_a_publisher),
	  scratch_test(what_others_may_change_is_not_used), scratch_test(links_are_not_followed),
	  scratch_test(a_revoked_certificate_is_refused), scratch_test(a_publisher_is_its_key))
