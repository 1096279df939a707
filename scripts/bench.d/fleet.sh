# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What a machine saves that takes a big package from a registry instead of compiling it, and what it costs:
# bytes, requests, memory, and the time that a registry takes which does not answer. Registries are on
# loopback. Needs world.sh and clock.sh; without openssl, python3 or docker-registry its rows are missing.

fleet_servers=()

# big_package: adds the largest package that there is; $id and $modules (how many) are of it.
big_package() {
	local packages=$top/build/packages

	id=hello0/1.0
	if "$top/scripts/fetch-package" dahdi-dkms "$packages" >/dev/null 2>&1; then
		[ -n "$(find "$root/mnt/src" -maxdepth 1 -name 'dahdi-*')" ] ||
			cp -a "$packages"/dahdi-dkms/usr/src/dahdi-* "$root/mnt/src/"
		id=$(basename "$root"/mnt/src/dahdi-*)
		id=dahdi/${id#dahdi-}
		dkms add "$id" >/dev/null 2>&1 || true
	fi
}

# start NAME COMMAND…: a server, whose port it writes to $root/NAME.port
start_server() {
	local i

	"${@:2}" >"$root/$1.log" 2>&1 &
	fleet_servers+=("$!")
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$root/$1.port" ] || return 0
		sleep 0.1
	done
	return 1
}

end_servers() {
	[ ${#fleet_servers[@]} = 0 ] || kill "${fleet_servers[@]}" 2>/dev/null || true
	fleet_servers=()
}

# Debian's registry; its address is in $registry.
start_docker_registry() {
	local port i

	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir "$root/registry"
	printf 'version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:%s\n' \
		"$root/registry" "$port" >"$root/registry.yml"
	docker-registry serve "$root/registry.yml" >"$root/registry.log" 2>&1 &
	fleet_servers+=("$!")
	registry=127.0.0.1:$port
	for ((i = 0; i < 300; i++)); do
		! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# Listens, and never says a word.
silent_server() {
	exec python3 - "$root/silent.port" <<-'END'
		import socket, sys, time
		listener = socket.create_server(('127.0.0.1', 0))
		open(sys.argv[1], 'w').write(str(listener.getsockname()[1]))
		time.sleep(10000)
	END
}

use_remote() {
	printf '%s\n' "remote=\"$1\"" "${@:2}" >"$root/etc/dkms/framework.conf"
}

# As a machine is that has never had it.
forget_it() {
	dkms remove "$id" --all >/dev/null 2>&1 || true
	rm -rf "$root/var/cache/dkms/builds"
	dkms add "$id" >/dev/null
}

# The median of $turns installs: fetched COMMAND…
installed() {
	local times=() time i

	for ((i = 0; i < turns; i++)); do
		forget_it
		time=$(milliseconds dkms install "$id" -k "$release") || return
		times+=("$time")
	done
	median "${times[@]}"
}

publish() {
	dkms push "$id" -k "$release" --to "$1" --sign-key "$root/lab.key" --sign-cert "$root/lab.crt" --json
}

requests_row() {
	local layers

	layers=$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["layers"]) - 1)' \
		"$(find "$root/store/v2" -name 'b1-*' | head -n 1)")
	start_server liar python3 "$top/tests/remote/liar.py" "$root/store" "$root/requests" "$root/liar.port" nothing
	use_remote "http://127.0.0.1:$(cat "$root/liar.port")" 'remote_policy="only"'
	forget_it
	dkms install "$id" -k "$release" >/dev/null 2>&1
	row "requests for its $layers layers" "$(wc -l <"$root/requests")" "≤ 3 + $layers" \
		"$(at_most "$(wc -l <"$root/requests")" $((3 + layers)))"
}

dead_row() {
	local with without

	[ -d "$root/mnt/modules/$release-fleet" ] || add_kernel "$release-fleet"
	rm -f "$root/etc/dkms/framework.conf"
	clear_builds >/dev/null 2>&1
	without=$(milliseconds build_both)
	start_server silent silent_server
	use_remote "http://127.0.0.1:$(cat "$root/silent.port")/dkms"
	clear_builds >/dev/null 2>&1
	with=$(milliseconds build_both)
	row 'a module for two kernels, with a remote that does not answer, beyond what they take without' \
		"$(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.0f", a - b }') ms" '≤ 5000 ms once' \
		"$(at_most "$with" "$(awk -v b="$without" 'BEGIN { print b + 5500 }')")"
}

build_both() {
	dkms build hello0/1.0 -k "$release" -k "$release-fleet"
}

fleet_rows() {
	local program_name compiled fetched file id registry packed

	for program_name in docker-registry openssl python3; do
		command -v "$program_name" >/dev/null || return 0
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=lab \
		-keyout "$root/lab.key" -out "$root/lab.crt" >/dev/null 2>&1
	mkdir -p "$root/etc/dkms/trusted.d"
	cp "$root/lab.crt" "$root/etc/dkms/trusted.d/"
	big_package
	trap 'end_servers; rm -rf "$root"' EXIT
	start_docker_registry || return 0
	compiled=$(turns=1 installed)
	packed=$(publish "http://$registry/dkms" | sed -nE 's/.*"bytes": *([0-9]+).*/\1/p')
	publish "dir:$root/store" >/dev/null
	use_remote "http://$registry/dkms" 'remote_policy="only"'
	fetched=$(installed)
	row "install of $id from a registry, beside compiling it ($compiled ms)" \
		"$fetched ms: $(divided "$compiled" "$fetched") ×" '≥ 30 ×' \
		"$(at_least "$(divided "$compiled" "$fetched")" 30)"
	row 'the same, by itself' "$fetched ms" '≤ 1500 ms' "$(at_most "$fetched" 1500)"
	forget_it
	command time -f '%U %S' -o "$root/times" "$program" --root "$root" install "$id" -k "$release" >/dev/null 2>&1
	row 'processor time of it, of all processes' \
		"$(awk 'END { printf "%.0f", 1000 * ($1 + $2) }' "$root/times") ms" '' ''
	row 'bytes sent for it' "$(divided "$packed" 1048576) MiB" '' ''
	forget_it
	memory_row 'that install' "$(peak install "$id" -k "$release")"
	use_remote "file://$root/store" 'remote_policy="only"'
	file=$(installed)
	row 'the same from file://' "$file ms" '' ''
	requests_row
	forget_it
	dkms remove "$id" --all >/dev/null
	dead_row
	rm -rf "$root/etc/dkms/framework.conf" "$root/etc/dkms/trusted.d"
	end_servers
}
