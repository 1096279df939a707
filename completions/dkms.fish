# SPDX-License-Identifier: GPL-2.0-or-later
# dkms(8) in fish. What there is to complete, `dkms help` knows.

function __dkms_actions
    dkms help 2>/dev/null | string match -rg '^  ([a-z][a-z_-]*)  +(.*)' | while read -l name
        read -l summary
        printf '%s\t%s\n' $name $summary
    end
end

# The action among the words so far.
function __dkms_action
    set -l actions (__dkms_actions | string replace -r '\t.*' '')
    for word in (commandline -opc)[2..]
        contains -- $word $actions; and echo $word
    end | tail -n 1
end

# Options of this command line that say where things are, for who asks dkms.
function __dkms_places
    set -l words (commandline -opc)
    for option in --root --dkmstree --sourcetree
        set -l at (contains -i -- $option $words); and printf '%s\n' $option $words[(math $at + 1)]
    end
end

function __dkms_modules
    dkms status (__dkms_places) 2>/dev/null | string replace -r '(, |: ).*' '' | sort -u
end

function __dkms_sources
    for conf in /usr/src/*-*/dkms.conf
        set -l directory (string replace -r '.*/(.*)/dkms.conf' '$1' $conf)
        set -l name (string match -rg '^ *PACKAGE_NAME=["\']*([\w.-]*)' <$conf)[-1]
        string match -q -- "$name-?*" $directory; or set name (string replace -r -- '-[^-]*$' '' $directory)
        echo $name/(string sub -s (math (string length -- $name) + 2) -- $directory)
    end
end

function __dkms_versions
    set -l words (commandline -opc)
    set -l at (contains -i -- -m $words; or contains -i -- --module $words)
    set -l name '[^/]*'
    test -n "$at"; and set name (string escape --style=regex -- $words[(math $at + 1)])
    __dkms_modules | string match -rg "^$name/(.*)"
end

# "form<TAB>value<TAB>summary" for every option of an action, or of all.
function __dkms_options
    dkms help $argv 2>/dev/null | string match -r '^  .*--.*' |
        string replace -rf '^  (?:(-.), |    )(--[a-z_-]+)( \S.*?)?  +(\S.*)$' '$1 $2\t$3\t$4'
end

# Completes the value of the option before the cursor; fails if that takes none.
function __dkms_value
    set -l words (commandline -opc)
    set -l row (__dkms_options | string match -r -- '^(?:.* )?'(string escape --style=regex -- $words[-1])'(?: .*)?\t.*')
    set -l value (string split \t -- $row[1])[2]
    switch "$value"
        case ' M[/V]'
            __dkms_modules
        case ' V'
            __dkms_versions
        case ' K' ' K[/A]'
            path basename /lib/modules/*/ 2>/dev/null; or basename -a /lib/modules/*/
        case ' A'
            uname -m
        case ' FILE'
            __fish_complete_path (commandline -ct)
        case ' DIR'
            __fish_complete_directories (commandline -ct)
        case ' NAME=VALUE'
            dkms help conf | string match -rg '^  ([A-Z_ ]+)$' | string split ' ' | string replace -r '$' '='
        case '*|*'
            string split '|' -- (string trim $value)
        case ''
            return 1
    end
    true
end

# Completes what an action is about.
function __dkms_subject
    set -l arguments (dkms help $argv | string match -rg "^Usage: dkms $argv (.*?) *\[OPTION")
    switch "$arguments"
        case '[list*'
            string match -ra '[a-z]+' -- (string replace -r '\].*' '' -- $arguments)
            string match -q '*M[*' -- $arguments; and __dkms_modules
        case '*M/V*' '*M[*' '[M]*'
            __dkms_modules
    end
    string match -q '*DIRECTORY*' -- $arguments; and __dkms_sources
    string match -qr 'DIRECTORY|TARBALL' -- $arguments; and __fish_complete_path (commandline -ct)
    true
end

function __dkms_complete
    set -l words (commandline -opc)
    set -l action (__dkms_action)
    if string match -q -- '-*' $words[-1]; and __dkms_value
        return
    else if string match -q -- '-*' (commandline -ct)
        __dkms_options $action | while read -l -d \t form value summary
            for name in (string split -n ' ' -- $form)
                printf '%s\t%s\n' $name $summary
            end
        end
    else if test -z "$action"
        __dkms_actions
    else
        __dkms_subject $action
    end
end

complete -c dkms -f -a '(__dkms_complete)'
