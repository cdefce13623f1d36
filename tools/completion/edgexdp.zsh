#compdef edgexdp
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of edgexdp in zsh, installed as _edgexdp. It knows nothing itself: the very program that is
# typed says what may come next, see Completion in edgexdp(8).

local line word
local -a before lines described plain
before=("${(@Q)words[2,CURRENT-1]}")
if [[ $PREFIX == --*=* ]]; then # --mode=nat: what is completed is nat, after --mode
    before+=("${PREFIX%%=*}")
    compset -P '*='
fi
lines=(${(f)"$(${(Q)~words[1]} --complete "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)"})
for line in $lines; do
    word=${line%%$'\t'*}
    case $word in
    'files:*') _files ;;
    files:*) _files -g "${word#files:}" ;;
    $line) plain+=("$word") ;;
    *) described+=("${word//:/\\:}:${line#*$'\t'}") ;;
    esac
done
(( $#described )) && _describe edgexdp described
(( $#plain )) && compadd -a plain
