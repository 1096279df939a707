# SPDX-License-Identifier: GPL-2.0-or-later
#
# awk -v top=DIRECTORY -f durable.awk -f order.awk TRACE
#
# Reads what strace saw of a run (strace -f -y -qq, the calls of power.test) and says what a power
# cut could still take: a file below top that was written and got its final name, but whose content
# was never synced, and a name that was made or replaced in a directory that was not synced after.
# Names with /.dkms- in them are staging, and what a build works on: nothing is lost with them, nor
# with what is_made_again() knows. The
# last line tells how many names and how many states of journals were looked at. What has to be on disk
# before what: order.awk.

function directory_of(path) {
	sub(/\/[^\/]*$/, "", path)
	return path == "" ? "/" : path
}

# A record of an evaluation, a file that only locks are on, what the commands of a build see beside
# its sources, and the cache.
function is_made_again(path) {
	return path ~ /\/\.evaluated$|\/\.dkms\/parts$|\/\.front\// || index(path, top "/var/cache/") == 1
}

function is_final(path) {
	return index(path, top "/") == 1 && path !~ /\/\.dkms-/ && !is_made_again(path)
}

# The number-th path of a call: quoted, and below the directory that -y shows before it, if any.
function path_of(call, number,    i, base, part, quote) {
	for (i = 1; i <= number; i++) {
		base = ""
		quote = index(call, "\"")
		if (!quote)
			return ""
		part = substr(call, 1, quote - 1)
		if (match(part, /<[^<>]*>, $/))
			base = substr(part, RSTART + 1, RLENGTH - 4)
		call = substr(call, quote + 1)
		quote = index(call, "\"")
		part = substr(call, 1, quote - 1)
		call = substr(call, quote + 1)
	}
	if (substr(part, 1, 1) != "/")
		part = base "/" part
	gsub(/\/\/+/, "/", part)
	return part
}

# What lies at from, and below it, is at to now.
function move(list, from, to,    path, moved) {
	for (path in list)
		if (path == from || index(path, from "/") == 1)
			moved[path] = list[path]
	for (path in moved) {
		delete list[path]
		list[to substr(path, length(from) + 1)] = moved[path]
	}
}

function forget(list, at,    path) {
	for (path in list)
		if (path == at || index(path, at "/") == 1)
			delete list[path]
}

function publish(path) {
	unsynced_name[path] = pid
}

function look_at(call,    path, to) {
	if (call ~ /^(openat|open|creat)\(/) {
		path = path_of(call, 1)
		if (call ~ /O_CREAT|^creat/ && call ~ /O_WRONLY|O_RDWR|^creat/) {
			unsynced[path] = 1
			publish(path)
		}
	} else if (call ~ /^write\(/) {
		match(call, /<[^<>]*>/)
		unsynced[substr(call, RSTART + 1, RLENGTH - 2)] = 1
	} else if (call ~ /^f(data)?sync\(/) {
		match(call, /<[^<>]*>/)
		path = substr(call, RSTART + 1, RLENGTH - 2)
		delete unsynced[path]
		for (to in unsynced_name)
			if (directory_of(to) == path)
				delete unsynced_name[to]
	} else if (call ~ /^rename/) {
		path = path_of(call, 1)
		to = path_of(call, 2)
		if (call !~ /RENAME_EXCHANGE/)
			forget(unsynced, to)
		move(unsynced, path, to)
		move(unsynced_name, path, to)
		publish(to)
	} else if (call ~ /^link/) {
		publish(path_of(call, 2))
	} else if (call ~ /^symlink/) {
		match(call, /", /)
		publish(path_of(substr(call, RSTART + 3), 1))
	} else if (call ~ /^mkdir/) {
		publish(path_of(call, 1))
	} else if (call ~ /^(unlink|rmdir)/) {
		forget(unsynced, path_of(call, 1))
		forget(unsynced_name, path_of(call, 1))
	}
}

{
	pid = $1
	call = $0
	sub(/^[0-9]+ +/, "", call)
	if (sub(/ <unfinished \.\.\.>$/, "", call)) {
		begun[pid] = call
		next
	}
	if (call ~ /^<\.\.\. [a-z0-9_]+ resumed>/) {
		sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "", call)
		call = begun[pid] call
	}
	if (call !~ / = -1 /) {
		look_at_order(call, pid)
		look_at(call)
	}
	if (call ~ /^rename/)
		names++
}

END {
	for (path in unsynced)
		if (is_final(path))
			print path ": its content was never synced"
	for (path in unsynced_name)
		if (is_final(path))
			print path ": the directory was not synced after it got this name"
	print names + 0, journals + 0
}
