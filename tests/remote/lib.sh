# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Registries, web servers and publishers for tests, beside what tests/e2e/lib.sh has. Servers listen on
# loopback, on ports that the system chooses, and are ended with the test that started them.
#
# shellcheck source=tests/e2e/lib.sh
declare -F run_tests >/dev/null || . "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

servers=()

# Ends what this test started, whichever way it ends.
end_servers() {
	local pid

	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	servers=()
}

# A port that nobody has now.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Waits until somebody answers there, for 30 seconds at most: wait_for URL [CURL OPTION…]
wait_for() {
	local i

	for ((i = 0; i < 300; i++)); do
		curl -s -o /dev/null "${@:2}" "$1" && return
		sleep 0.1
	done
	failed "nobody answers at $1"
}

# A test that starts servers begins with this.
with_servers() {
	trap end_servers EXIT
}

# Starts docker-registry; $registry is its host and port. TLS=1: with a certificate in $case/tls.
# PASSWORDS=FILE: with basic authentication.
start_registry() {
	local directory port scheme=http

	port=$(free_port)
	directory=$case/registry-$port
	mkdir -p "$directory"
	{
		printf 'version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\n' "$directory"
		printf '  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:%s\n' "$port"
		if [ -n "${TLS:-}" ]; then
			scheme=https
			printf '  tls:\n    certificate: %s/tls/server.crt\n    key: %s/tls/server.key\n' "$case" "$case"
		fi
		[ -z "${PASSWORDS:-}" ] ||
			printf 'auth:\n  htpasswd:\n    realm: lab\n    path: %s\n' "$PASSWORDS"
	} >"$directory.yml"
	docker-registry serve "$directory.yml" >"$directory.log" 2>&1 &
	servers+=("$!")
	registry=127.0.0.1:$port
	wait_for "$scheme://$registry/v2/" -k
}

# A certificate for 127.0.0.1 in $case/tls, by an authority of the test's own.
make_tls() {
	mkdir -p "$case/tls"
	(
		cd "$case/tls" || exit
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Lab CA' -keyout ca.key -out ca.crt
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr
		openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt \
			-extfile <(echo subjectAltName=IP:127.0.0.1)
	) >"$case/tls.log" 2>&1 || failed "no certificate: $(cat "$case/tls.log")"
}

# Serves a directory as docs/fleet.md says; $server is its host and port.
start_nginx() {
	local port directory=$case/nginx

	port=$(free_port)
	mkdir -p "$directory"
	cat >"$directory/nginx.conf" <<-END
		daemon off;
		user root;
		pid $directory/pid;
		error_log $directory/error.log;
		events {}
		http {
			access_log off;
			client_body_temp_path $directory/body; proxy_temp_path $directory/proxy;
			fastcgi_temp_path $directory/fastcgi; uwsgi_temp_path $directory/uwsgi;
			scgi_temp_path $directory/scgi;
			server {
				listen 127.0.0.1:$port;
				root $1;
				default_type application/octet-stream;
				location ~ /manifests/ { default_type application/vnd.oci.image.manifest.v1+json; }
			}
		}
	END
	nginx -c "$directory/nginx.conf" -p "$directory" >"$directory/log" 2>&1 &
	servers+=("$!")
	server=127.0.0.1:$port
	wait_for "http://$server/"
}

# A publisher's key and certificate: $case/NAME.key and .crt, trusted by the private system.
make_publisher() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" -keyout "$case/$1.key" \
		-out "$case/$1.crt" >/dev/null 2>&1 || failed 'no certificate'
}

trust_publisher() {
	mkdir -p "$root/etc/dkms/trusted.d"
	cp "$case/$1.crt" "$root/etc/dkms/trusted.d/"
}

# A module that is built for $K1, and a publisher: hello/1.0 and lab. With a word, by kbuild.
given_a_build() {
	[ $# = 0 ] && quick_source hello 1.0 || source_of hello
	given add hello/1.0
	given build hello/1.0 -k "$K1"
	make_publisher lab
}

# publish [OPTION…]: as lab.
publish() {
	dkms push hello/1.0 -k "$K1" --sign-key "$case/lab.key" --sign-cert "$case/lab.crt" "$@"
}

# A registry that lies: $liar is its host and port, $liar_log its log. lie STORE LIE [CERTIFICATE KEY]
lie() {
	local file i

	file=$(mktemp "$case/liar.XXXXXX")
	liar_log=$file.log
	: >"$liar_log"
	rm "$file"
	python3 "$top/tests/remote/liar.py" "$1" "$liar_log" "$file" "${@:2}" >"$file.out" 2>&1 &
	servers+=("$!")
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$file" ] || break
		sleep 0.1
	done
	# shellcheck disable=SC2034 # for the tests
	liar=127.0.0.1:$(cat "$file") || failed "the liar does not start: $(cat "$file.out")"
}
