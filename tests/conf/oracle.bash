#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC1087,SC1090,SC2154 # sources what it is given; names are made by eval
#
# What a configuration file means: bash itself doing both passes, in the plainest way. Shares
# nothing with the program.
#
# Usage: oracle.bash [-e] [-n NAME,NAME...] [-v VARIABLE=VALUE]... FILE...
# All files are one set, evaluated one after the other; prints NAME[i]=value lines, values with
# backslash, newline, CR and tab as \\ \n \r \t. -e: each file is a set of its own, below a line "file FILE".

shopt -s extglob
oracle_names=(PACKAGE_NAME PACKAGE_VERSION POST_ADD POST_BUILD POST_INSTALL POST_REMOVE PRE_BUILD
	PRE_INSTALL BUILD_DEPENDS BUILD_EXCLUSIVE_ARCH BUILD_EXCLUSIVE_CONFIG BUILD_EXCLUSIVE_KERNEL
	BUILD_EXCLUSIVE_KERNEL_MIN BUILD_EXCLUSIVE_KERNEL_MAX MAKE MAKE_MATCH PATCH PATCH_MATCH
	BUILT_MODULE_NAME BUILT_MODULE_LOCATION DEST_MODULE_NAME DEST_MODULE_LOCATION STRIP
	AUTOINSTALL NO_WEAK_MODULES BUILD_DEPENDS_REBUILD OBSOLETE_BY CLEAN REMAKE_INITRD
	MODULES_CONF MODULES_CONF_OBSOLETES MODULES_CONF_ALIAS_TYPE MODULES_CONF_OBSOLETE_ONLY)
oracle_variables=()
oracle_each=false
while [[ $1 == -* ]]; do
	case $1 in
	-e)
		oracle_each=true
		shift
		continue
		;;
	-n) IFS=, read -ra oracle_names <<< "$2" ;;
	-v) oracle_variables+=("$2") ;;
	esac
	shift 2
done
oracle_files=("$@")
unset "${oracle_names[@]}"
for oracle_variable in "${oracle_variables[@]}"; do
	printf -v "${oracle_variable%%=*}" %s "${oracle_variable#*=}"
done
oracle_lines=$(mktemp) || exit 1

oracle_evaluate() {
	local oracle_file=$1
	shift
	(
		. "$oracle_file" > /dev/null
		for oracle_name in "${oracle_names[@]}"; do
			eval "oracle_indices=(\${!$oracle_name[@]})"
			for oracle_index in "${oracle_indices[@]}"; do
				eval "echo $oracle_name[$oracle_index]=\\\"\${$oracle_name[$oracle_index]%\$'\\r'}\\\""
			done
		done
	) > "$oracle_lines"
	. "$oracle_lines" > /dev/null
}

oracle_print() {
	for oracle_name in "${oracle_names[@]}"; do
		eval "oracle_indices=(\"\${!$oracle_name[@]}\")"
		for oracle_index in "${oracle_indices[@]}"; do
			oracle_element="$oracle_name[$oracle_index]"
			oracle_value=${!oracle_element}
			oracle_value=${oracle_value//\\/\\\\}
			oracle_value=${oracle_value//$'\n'/\\n}
			oracle_value=${oracle_value//$'\r'/\\r}
			oracle_value=${oracle_value//$'\t'/\\t}
			printf '%s=%s\n' "$oracle_element" "$oracle_value"
		done
	done
}

if "$oracle_each"; then
	for oracle_file in "${oracle_files[@]}"; do
		echo "file $oracle_file"
		(
			oracle_evaluate "$oracle_file" "${oracle_names[@]}"
			oracle_print
		)
	done
else
	for oracle_file in "${oracle_files[@]}"; do
		oracle_evaluate "$oracle_file" "${oracle_names[@]}"
	done
	oracle_print
fi
rm -f "$oracle_lines"
