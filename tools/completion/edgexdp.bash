# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of edgexdp in bash, with the helpers of bash-completion. It knows nothing itself: the
# very program that is typed says what may come next, see Completion in edgexdp(8).

_edgexdp() {
    local cur prev words cword split line word
    _init_completion -s -n : || return
    local before=("${words[@]:1:cword-1}")
    if [[ $split == true ]]; then # --mode=nat: CUR is nat and PREV is --mode
        before+=("$prev")
    fi
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        case $word in
        'files:*') _filedir ;;
        files:*) _filedir "${word#files:\*.}" ;;
        *) COMPREPLY+=("$word") ;;
        esac
    done < <("${1/#~\//$HOME/}" --complete "${before[@]}" "$cur" 2>/dev/null)
}
complete -F _edgexdp edgexdp
