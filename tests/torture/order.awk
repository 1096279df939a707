# SPDX-License-Identifier: GPL-2.0-or-later
#
# awk … -f durable.awk -f order.awk TRACE
#
# Says of each call that came too early (a line "order: …"), by what was synced before it:
#
#	a staged file, before the journal that names its directory is on disk
#	"applying", before the journal and all that is staged is
#	a change of a target, before "applying" is
#	new content in the place of old, before the name of the backup is
#	"applied", before the names of all changes are
#	"committed", before what depmod wrote is
#	a backup that goes, before "committed" or "undone" is
#	a journal that goes, before the removal of what it names is
#	any file that is renamed to its final name, before its content is
#
# A journal and the change that it announces know each other by their ID (journal/journal.h); a directory
# that is moved to where nothing was has none, and belongs to the process that is applying.

function wrong(text) {
	print "order: " text ": " the_call
}

# What is staged for, kept or marked by a journal: its kind; the ID is in the_id.
function kind_of(path) {
	the_id = ""
	if (!match(path, /\/\.dkms-(new|old|mark)[0-9]+-[0-9a-f]+/))
		return ""
	path = substr(path, RSTART + 7, RLENGTH - 7)
	the_id = path
	sub(/^.*-/, "", the_id)
	sub(/[0-9].*$/, "", path)
	return path
}

# The state of a journal by the name of its file; the ID is in the_id.
function state_of(path,    parts) {
	if (!match(path, /\/\.dkms\/journal\/[0-9]+-[0-9a-f]+\.[a-z]+$/))
		return ""
	split(substr(path, RSTART + 15), parts, /[-.]/)
	the_id = parts[2]
	return parts[3]
}

function is_applying(pid,    id) {
	for (id in owner)
		if (owner[id] == pid && durable[id] == "applying")
			return 1
	return 0
}

# Something of this kind and ID ("": any) in a list.
function has(list, kind, id,    path) {
	for (path in list)
		if (kind_of(path) && the_id == id && (kind == "" || kind_of(path) == kind))
			return 1
	return 0
}

function has_below(list, directory) {
	return directory in list || has_inside(list, directory)
}

function has_inside(list, directory,    path) {
	for (path in list)
		if (index(path, directory "/") == 1)
			return 1
	return 0
}

# Final names that this process made; a build directory is not for keeping.
function has_unsynced_name(pid,    path) {
	for (path in unsynced_name)
		if (unsynced_name[path] == pid && is_final(path) && path !~ /\/\.dkms\/|\/build(\/|$)/)
			return 1
	return 0
}

function enter_state(from, to, pid,    state, id) {
	state = state_of(to)
	id = the_id
	if (state == "applying" && durable[id] != "staging")
		wrong("the journal is not on disk")
	if (state == "applying" && (has(unsynced, "", id) || has(unsynced_name, "new", id)))
		wrong("what is staged is not on disk")
	if (state == "applied" && has_unsynced_name(pid))
		wrong("not all that is changed is on disk")
	if (state == "committed" && (has_below(unsynced, top "/lib/modules") ||
				     has_unsynced_name(pid)))
		wrong("what depmod wrote is not on disk")
	if (from ~ /\/\.dkms-write-/) {
		delete durable[id]
		owner[id] = pid
	}
	entered[id] = state
	journals++
}

function check_rename(from, to, pid,    kind, id) {
	kind = kind_of(from)
	if (!kind)
		kind_of(to)
	id = the_id
	if (id && durable[id] != "applying" && durable[id] != "applied")
		wrong("the journal does not yet say that this is to come")
	if (kind == "new" && is_final(to) && has(unsynced_name, "old", id))
		wrong("the name of the backup is not on disk")
	if (id && has_below(unsynced_name, top "/var/lib/dkms/.dkms/depmod"))
		wrong("that depmod is due is not on disk")
	if (!id && from ~ /\/\.dkms-(build|unpack)/ && is_final(to) && to !~ /\/build$/ &&
	    !is_applying(pid))
		wrong("no journal says that this is to come")
	if (is_final(to) && from !~ /\/modules\.[a-z.]+\.[0-9]+\.[0-9]+\.[0-9]+$/ && to !~ /\/build$/ &&
	    (has_below(unsynced, from) || has_inside(unsynced_name, from)))
		wrong("its content is not on disk")
}

function check_new(path, call, pid,    kind, id) {
	kind = kind_of(path)
	id = the_id
	if (kind == "new" && !(id in durable))
		wrong("no journal names its directory yet")
	if ((kind == "old" || kind == "mark") && durable[id] != "applying")
		wrong("the journal does not yet say that this is to come")
	if (call ~ /^mkdir/ && index(path, top "/lib/modules/") == 1 && is_final(path) &&
	    !is_applying(pid))
		wrong("no journal says that this is to come")
}

# What is gone with its directory is gone for good when that is.
function note_removal(path, id,    gone) {
	for (gone in removal)
		if (index(gone, path "/") == 1) {
			id = removal[gone]
			delete removal[gone]
		}
	if (id)
		removal[path] = id
}

function has_removal(id,    path) {
	for (path in removal)
		if (removal[path] == id)
			return 1
	return 0
}

function check_removal(path,    kind) {
	kind = kind_of(path)
	if ((kind == "old" || kind == "mark") && durable[the_id] != "committed" &&
	    durable[the_id] != "undone")
		wrong("the end of the change is not on disk")
	note_removal(path, kind ? the_id : "")
	if (state_of(path) && has_removal(the_id))
		wrong("what it names may come back")
}

function look_at_order(call, pid,    path, id) {
	the_call = call
	if (call ~ /^rename/) {
		path = path_of(call, 2)
		if (state_of(path))
			enter_state(path_of(call, 1), path, pid)
		else
			check_rename(path_of(call, 1), path, pid)
	} else if (call ~ /^link/) {
		check_new(path_of(call, 2), call, pid)
	} else if (call ~ /^symlink/) {
		match(call, /", /)
		check_new(path_of(substr(call, RSTART + 3), 1), call, pid)
	} else if (call ~ /^mkdir|O_CREAT/) {
		check_new(path_of(call, 1), call, pid)
	} else if (call ~ /^(unlink|rmdir)/) {
		check_removal(path_of(call, 1))
	} else if (call ~ /^fsync/) {
		match(call, /<[^<>]*>/)
		path = substr(call, RSTART + 1, RLENGTH - 2)
		for (id in entered)
			if (path ~ /\/\.dkms\/journal$/) {
				durable[id] = entered[id]
				delete entered[id]
			}
		for (id in removal)
			if (directory_of(id) == path)
				delete removal[id]
	}
}
