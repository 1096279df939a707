/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/http.h"

#include <ctype.h>
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CURL_DISABLE_TYPECHECK /* its macros have no place for a pointer to a function */
#include <curl/curl.h>

#include "base/library.h"
#include "base/memory.h"
#include "base/text.h"

enum {
	CONNECT_MILLISECONDS = 4000,
	SLOWEST_RATE = 256,  /* bytes a second … */
	SLOWEST_SECONDS = 5, /* … for so long: the connection is dead */
	REDIRECTS = 5,
	HEADER_MAX = 8 << 10,
};

/*
 * The child that talks to a registry loads libcurl. With TLS and all that it brings along, loading
 * takes longer than the rest of a status.
 */

/* clang-format off */
#define LIBCURL_FUNCTIONS(of) \
	of(curl_easy_cleanup) \
	of(curl_easy_getinfo) \
	of(curl_easy_init) \
	of(curl_easy_perform) \
	of(curl_easy_reset) \
	of(curl_easy_setopt) \
	of(curl_easy_strerror) \
	of(curl_global_init) \
	of(curl_slist_append) \
	of(curl_slist_free_all)
/* clang-format on */

#define LIBCURL_MEMBER(name) typeof(name) *name;
struct libcurl {
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
};
#undef LIBCURL_MEMBER

/* The name of its interface since 2006; Debian also has one with GnuTLS. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

/* Set once for the process: there are no two libraries of that name. */
static struct libcurl functions;
static bool is_loaded;

#define LIBCURL_SYMBOL(name) {#name, offsetof(struct libcurl, name)},
static const struct library_symbol symbols[] = {LIBCURL_FUNCTIONS(LIBCURL_SYMBOL)};

/* EXIT_UNREACHABLE if this system does not have it. To be called first. */
static int libcurl_load(struct error *error)
{
	if (is_loaded)
		return 0;
	const char *reason = library_load(names, symbols, sizeof(symbols) / sizeof(*symbols),
					  &functions);

	if (reason) {
		(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				"Registries need libcurl: %s", reason);
		return error_hint(error, "Install your distribution's package of libcurl.");
	}
	if (functions.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "libcurl does not start.");
	is_loaded = true;
	return 0;
}

static const struct libcurl *libcurl(void)
{
	return &functions;
}

/*
 * Requests
 */

struct http {
	CURL *curl;
	const struct place *place;
	const struct access *access;
};

/* One request under way. */
struct exchange {
	const struct http *http;
	const struct http_request *request;
	struct http_answer *answer;
	struct curl_slist *headers;
	uint64_t come, sent;
	struct error failure; /* of the sink, or of the source of a body */
	char reason[CURL_ERROR_SIZE];
	bool is_lured; /* it was sent to an address where no registry is */
};

int http_open(const struct place *place, const struct access *access, struct http **ret_http,
	      struct error *error)
{
	if (libcurl_load(error) < 0)
		return error->code;
	CURL *curl = libcurl()->curl_easy_init();

	if (!curl)
		abort();
	/* A registry that hangs up during an upload ends the request, not the process. */
	(void)signal(SIGPIPE, SIG_IGN);
	*ret_http = NEW(struct http);
	**ret_http = (struct http){.curl = curl, .place = place, .access = access};
	return 0;
}

void http_close(struct http *http)
{
	libcurl()->curl_easy_cleanup(http->curl);
	free(http);
}

void http_answer_free(struct http_answer *answer)
{
	free(answer->type);
	free(answer->location);
	free(answer->challenge);
	free(answer->link);
	*answer = (struct http_answer){0};
}

static void set_pointer(CURL *curl, CURLoption option, const void *value)
{
	if (libcurl()->curl_easy_setopt(curl, option, value) != CURLE_OK)
		abort();
}

static void set_number(CURL *curl, CURLoption option, long value)
{
	if (libcurl()->curl_easy_setopt(curl, option, value) != CURLE_OK)
		abort();
}

/* The value of "NAME: value\r\n", owned, if it is that header. */
static char *header_value(const char *line, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	if (length <= name_length || line[name_length] != ':' ||
	    strncasecmp(line, name, name_length) != 0)
		return NULL;
	cleanup(free_string) char *value = xstrndup(line + name_length + 1,
						    length - name_length - 1);

	return text_trimmed(value);
}

static void keep_header(const char *line, size_t length, const char *name, char **target)
{
	cleanup(free_string) char *value = header_value(line, length, name);

	if (value)
		text_assign(target, value);
}

/* An answer begins with its status line: headers of a redirect before it are forgotten. */
static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	struct http_answer *answer = exchange->answer;
	size_t length = size * count;

	if (length > HEADER_MAX)
		return 0;
	if (length >= 5 && strncmp(line, "HTTP/", 5) == 0)
		http_answer_free(answer);
	keep_header(line, length, "Content-Type", &answer->type);
	keep_header(line, length, "Location", &answer->location);
	keep_header(line, length, "WWW-Authenticate", &answer->challenge);
	keep_header(line, length, "Link", &answer->link);
	return length;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	const struct http_request *request = exchange->request;
	size_t length = size * count;
	long status = 0;

	(void)libcurl()->curl_easy_getinfo(exchange->http->curl, CURLINFO_RESPONSE_CODE, &status);
	exchange->come += length;
	if (status < 200 || status > 299 || !request->sink)
		return exchange->come > OCI_MANIFEST_MAX ? 0 : length;
	if (exchange->come > request->limit) {
		(void)error_set(&exchange->failure, -EBADMSG, EXIT_NOT_TRUSTED,
				"The answer is larger than it may be.");
		return 0;
	}
	return request->sink->take(request->sink->context, data, length, &exchange->failure) < 0
		       ? 0
		       : length;
}

static size_t give_body(char *data, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	const struct http_request *request = exchange->request;
	uint64_t left = request->length - exchange->sent;
	size_t room = size * count;
	size_t length = left < room ? (size_t)left : room;

	if (request->text) {
		memcpy(data, request->text + exchange->sent, length);
	} else if (length) {
		ssize_t got = pread(request->fd, data, length, (off_t)exchange->sent);

		if (got <= 0)
			return CURL_READFUNC_ABORT;
		length = (size_t)got;
	}
	exchange->sent += length;
	traffic_now(request->traffic, exchange->sent);
	return length;
}

static int seek_body(void *context, curl_off_t offset, int origin)
{
	struct exchange *exchange = context;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->request->length)
		return CURL_SEEKFUNC_CANTSEEK;
	exchange->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void add_header(struct exchange *exchange, const char *name, const char *value)
{
	cleanup(free_string) char *line = text_format("%s: %s", name, value);
	struct curl_slist *longer = libcurl()->curl_slist_append(exchange->headers, line);

	if (!longer)
		abort();
	exchange->headers = longer;
}

static void set_credentials(const struct exchange *exchange)
{
	CURL *curl = exchange->http->curl;
	const struct access *access = exchange->http->access;

	if (exchange->request->credentials == HTTP_BASIC && access->user) {
		set_number(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		set_pointer(curl, CURLOPT_USERNAME, access->user);
		set_pointer(curl, CURLOPT_PASSWORD, access->password);
	} else if (exchange->request->credentials == HTTP_BEARER) {
		set_number(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		set_pointer(curl, CURLOPT_XOAUTH2_BEARER, exchange->request->token);
	}
}

static void set_blob(CURL *curl, CURLoption option, char *text)
{
	struct curl_blob blob = {.data = text, .len = strlen(text), .flags = CURL_BLOB_COPY};

	set_pointer(curl, option, &blob);
}

static void set_encryption(const struct exchange *exchange)
{
	CURL *curl = exchange->http->curl;
	const struct access *access = exchange->http->access;

	set_number(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x074d00
	if (access->authority)
		set_blob(curl, CURLOPT_CAINFO_BLOB, access->authority);
#endif
	if (access->certificate && access->key) {
		set_blob(curl, CURLOPT_SSLCERT_BLOB, access->certificate);
		set_blob(curl, CURLOPT_SSLKEY_BLOB, access->key);
	}
}

static void set_protocols(CURL *curl, const char *url)
{
	bool is_encrypted = text_starts_with(url, "https://");

#if LIBCURL_VERSION_NUM >= 0x075500
	set_pointer(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	set_pointer(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_encrypted ? "https" : "http,https");
#else
	set_number(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	set_number(curl, CURLOPT_REDIR_PROTOCOLS,
		   is_encrypted ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void set_method(struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	CURL *curl = exchange->http->curl;
	bool reads = text_equal(request->method, "GET") || text_equal(request->method, "HEAD");

	if (text_equal(request->method, "HEAD"))
		set_number(curl, CURLOPT_NOBODY, 1L);
	if (text_equal(request->method, "POST") || text_equal(request->method, "PUT")) {
		set_number(curl, CURLOPT_UPLOAD, 1L);
		if (libcurl()->curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
						(curl_off_t)request->length) != CURLE_OK)
			abort();
		set_pointer(curl, CURLOPT_READFUNCTION, (const void *)give_body);
		set_pointer(curl, CURLOPT_READDATA, exchange);
		set_pointer(curl, CURLOPT_SEEKFUNCTION, (const void *)seek_body);
		set_pointer(curl, CURLOPT_SEEKDATA, exchange);
		add_header(exchange, "Expect", "");
	}
	if (!reads)
		set_pointer(curl, CURLOPT_CUSTOMREQUEST, request->method);
	set_number(curl, CURLOPT_FOLLOWLOCATION, reads ? 1L : 0L);
	set_number(curl, CURLOPT_MAXREDIRS, REDIRECTS);
}

/* Clouds give out their credentials at such an address (169.254.169.254). */
static bool is_link_local(const struct curl_sockaddr *address)
{
	const unsigned char *bytes = (const unsigned char *)&address->addr;
	const struct sockaddr_in *four = (const void *)bytes;
	const struct sockaddr_in6 *six = (const void *)bytes;
	const struct in6_addr *to = &six->sin6_addr;

	if (address->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(to))
		return to->s6_addr[12] == 169 && to->s6_addr[13] == 254;
	if (address->family == AF_INET6)
		return IN6_IS_ADDR_LINKLOCAL(to);
	return ntohl(four->sin_addr.s_addr) >> 16 == (169 << 8 | 254);
}

/* A redirect may not lead to such an address, unless the registry itself has one. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *exchange = context;
	const char *host = exchange->http->place->host;

	(void)purpose;
	if (is_link_local(address) && !text_starts_with(host, "169.254.") &&
	    !text_starts_with(host, "[fe80:")) {
		exchange->is_lured = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_bounds(struct exchange *exchange)
{
	CURL *curl = exchange->http->curl;

	set_pointer(curl, CURLOPT_OPENSOCKETFUNCTION, (const void *)open_socket);
	set_pointer(curl, CURLOPT_OPENSOCKETDATA, exchange);
	set_number(curl, CURLOPT_NOSIGNAL, 1L);
	set_number(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MILLISECONDS);
	set_number(curl, CURLOPT_LOW_SPEED_LIMIT, SLOWEST_RATE);
	set_number(curl, CURLOPT_LOW_SPEED_TIME, SLOWEST_SECONDS);
	set_number(curl, CURLOPT_TIMEOUT_MS, exchange->request->milliseconds);
}

static void set_up(struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	CURL *curl = exchange->http->curl;

	libcurl()->curl_easy_reset(curl);
	set_pointer(curl, CURLOPT_URL, request->url);
	set_pointer(curl, CURLOPT_USERAGENT, "dkms/" DKMS_VERSION);
	set_pointer(curl, CURLOPT_ERRORBUFFER, exchange->reason);
	set_pointer(curl, CURLOPT_HEADERFUNCTION, (const void *)take_header);
	set_pointer(curl, CURLOPT_HEADERDATA, exchange);
	set_pointer(curl, CURLOPT_WRITEFUNCTION, (const void *)take_body);
	set_pointer(curl, CURLOPT_WRITEDATA, exchange);
	set_protocols(curl, request->url);
	set_method(exchange);
	set_bounds(exchange);
	set_encryption(exchange);
	set_credentials(exchange);
	if (request->accept)
		add_header(exchange, "Accept", request->accept);
	if (request->content_type)
		add_header(exchange, "Content-Type", request->content_type);
	set_pointer(curl, CURLOPT_HTTPHEADER, exchange->headers);
}

static bool is_about_certificates(CURLcode result)
{
	return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
	       result == CURLE_SSL_CERTPROBLEM || result == CURLE_SSL_ISSUER_ERROR;
}

/* Another attempt in a second would fail as well. */
static bool is_final(CURLcode result)
{
	return is_about_certificates(result) || result == CURLE_COULDNT_RESOLVE_HOST ||
	       result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_COULDNT_CONNECT ||
	       result == CURLE_SSL_CONNECT_ERROR || result == CURLE_TOO_MANY_REDIRECTS ||
	       result == CURLE_UNSUPPORTED_PROTOCOL;
}

static int explain(struct exchange *exchange, CURLcode result, struct error *error)
{
	const struct place *place = exchange->http->place;
	const char *said = *exchange->reason ? exchange->reason
					     : libcurl()->curl_easy_strerror(result);
	cleanup(free_string) char *reason = text_printable(said, sizeof(exchange->reason));

	if (exchange->failure.code)
		return error_move(error, &exchange->failure);
	if (exchange->is_lured && result == CURLE_COULDNT_CONNECT)
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				 "%s leads to a link-local address, where no registry is.",
				 place->text);
	(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE, "%s does not answer: %s.",
			place->text, reason);
	if (is_about_certificates(result))
		return error_hint(error,
				  "Put the certificate that signed the registry's into "
				  "/etc/dkms/certs.d/%s/ca.crt.",
				  place->host);
	return error->code;
}

int http_perform(struct http *http, const struct http_request *request,
		 struct http_answer *ret_answer, struct error *error)
{
	struct exchange exchange = {.http = http, .request = request, .answer = ret_answer};
	curl_off_t retry_after = 0;

	*ret_answer = (struct http_answer){0};
	set_up(&exchange);
	CURLcode result = libcurl()->curl_easy_perform(http->curl);

	if (result != CURLE_OK) {
		ret_answer->is_final = exchange.failure.code || is_final(result);
		(void)explain(&exchange, result, error);
	} else {
		(void)libcurl()->curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE,
						   &ret_answer->status);
		(void)libcurl()->curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &retry_after);
		ret_answer->retry_after = (long)retry_after;
	}
	libcurl()->curl_slist_free_all(exchange.headers);
	error_clear(&exchange.failure);
	return error->code;
}
