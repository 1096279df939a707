# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# dkms(8) in bash. What there is to complete, `dkms help` knows.

# "-k, --kernelver K[/A]  summary" becomes "-k --kernelver|K[/A]", of one action or of all.
_dkms_options() {
	dkms help ${1:+"$1"} 2>/dev/null | sed -n '/^Options:/,/^$/{
		s/^  \( *-.*[^ ]\)   *.*/\1/; t option
		b
		:option
		s/,//
		s/\(--[^ ]*\) */\1|/p
	}'
}

_dkms_actions() {
	dkms help 2>/dev/null | sed -n '/^Actions:/,/^$/s/^  \([^ ]*\).*/\1/p'
}

# What may follow an action: "M/V | DIRECTORY", "[list | prune | clear]".
_dkms_arguments() {
	dkms help "$1" 2>/dev/null | sed -n "1{s/^Usage: dkms $1 *//; s/ *\[OPTION.*//p}"
}

# Options of this command line that say where things are, for who asks dkms.
_dkms_places() {
	local i

	for ((i = 1; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		--dkmstree | --root | --sourcetree)
			if [ "${words[i + 1]:-}" = = ]; then
				printf '%s\n' "${words[i]}" "${words[i + 2]:-}"
			else
				printf '%s\n' "${words[i]}" "${words[i + 1]:-}"
			fi
			;;
		esac
	done
}

# The modules that dkms knows, as M/V.
_dkms_modules() {
	local places

	mapfile -t places < <(_dkms_places)
	dkms status "${places[@]}" 2>/dev/null | sed 's/: .*//; s/, .*//' | sort -u
}

# The sources that could be added, by their own names.
_dkms_sources() {
	local conf name

	for conf in /usr/src/*-*/dkms.conf; do
		[ -r "$conf" ] || continue
		name=$(sed -n "s/^ *PACKAGE_NAME=[\"']*\([A-Za-z0-9._-]*\).*/\1/p" "$conf" | tail -n 1)
		conf=${conf%/dkms.conf}
		conf=${conf##*/}
		[[ $name && $conf == "$name"-?* ]] || name=${conf%-*}
		echo "$name/${conf#"$name"-}"
	done
}

# The versions of the module in the words so far.
_dkms_versions() {
	local i name=

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		-m | --module) name=${words[i + 1]} ;;
		esac
	done
	_dkms_modules | sed -n "s|^${name:-[^/]*}/||p"
}

_dkms_kernels() {
	local directory

	for directory in /lib/modules/*/; do
		directory=${directory%/}
		[ ! -d "$directory" ] || echo "${directory##*/}"
	done
}

# _dkms_offer WORD: of the lines on stdin, those that begin with the word.
_dkms_offer() {
	local line

	while IFS= read -r line; do
		[[ $line != "$1"* ]] || COMPREPLY+=("$line")
	done
}

_dkms_files() {
	compopt -o filenames
	_dkms_offer "$2" < <(compgen "$1" -- "$2")
}

# Completes the value of an option, by how the help calls it; fails if it takes none.
_dkms_value() {
	local form value=

	while IFS='|' read -r form value; do
		[[ " $form " != *" $1 "* ]] || break
		value=
	done < <(_dkms_options)
	case $value in
	'') return 1 ;;
	'M[/V]') _dkms_offer "$2" < <(_dkms_modules) ;;
	V) _dkms_offer "$2" < <(_dkms_versions) ;;
	'K[/A]' | K) _dkms_offer "$2" < <(_dkms_kernels) ;;
	A) _dkms_offer "$2" < <(uname -m) ;;
	FILE) _dkms_files -f "$2" ;;
	DIR) _dkms_files -d "$2" ;;
	NAME=VALUE)
		compopt -o nospace
		_dkms_offer "$2" < <(dkms help conf | sed -n '/^Directives/,/^$/s/^  //p' | tr ' ' '\n' | sed 's/$/=/')
		;;
	*'|'*) _dkms_offer "$2" < <(tr '|' '\n' <<<"$value") ;;
	esac
}

# Completes what an action is about.
_dkms_subject() {
	local arguments

	arguments=$(_dkms_arguments "$1")
	case $arguments in
	'['[a-z]*)
		_dkms_offer "$2" < <(tr -d '[|' <<<"${arguments%%]*}" | tr -s ' ' '\n')
		[[ $arguments != *'M['* ]] || _dkms_offer "$2" < <(_dkms_modules)
		;;
	*M/V* | *'M['* | M' '*) _dkms_offer "$2" < <(_dkms_modules) ;;
	esac
	case $arguments in
	*DIRECTORY*) _dkms_offer "$2" < <(_dkms_sources) ;;
	esac
	# With names of files among them, readline would show modules without their names.
	if [ "${#COMPREPLY[@]}" = 0 ] || [[ $2 == [./~]* ]]; then
		case $arguments in
		*TARBALL* | *DIRECTORY*) _dkms_files -f "$2" ;;
		esac
	fi
}

_dkms() {
	local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} each action=

	COMPREPLY=()
	# "--option=value" comes as three words.
	[ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != = ] || { previous=${COMP_WORDS[COMP_CWORD - 1]}; word=; }
	[[ $previous != -* ]] || ! _dkms_value "$previous" "$word" || return

	for each in $(_dkms_actions); do
		[[ " ${words[*]:1} " != *" $each "* ]] || action=$each
	done
	if [[ $word == -* ]]; then
		_dkms_offer "$word" < <(_dkms_options "$action" | sed 's/|.*//' | grep -o -- '--.*')
	elif [ -z "$action" ]; then
		_dkms_offer "$word" < <(_dkms_actions)
	else
		_dkms_subject "$action" "$word"
	fi
} && complete -F _dkms dkms
