" SPDX-License-Identifier: GPL-2.0-or-later
" A policy of edgexdp is an INI file with a section [policy].
autocmd BufNewFile,BufRead /etc/edgexdp/*.ini,*/edgexdp/policies/*.ini setlocal filetype=edgexdp
autocmd BufRead *.ini if match(getline(1, 200), '^\[policy\]') >= 0 | setlocal filetype=edgexdp | endif
