# SPDX-License-Identifier: GPL-2.0-or-later
# cmake -DTO=FILE.c -DNAME=NAME -DFROM="FILE FILE..." -P embed.cmake
# Concatenates the files into a C array NAME, with a NUL at its end.

separate_arguments(FROM)
set(bytes "")
foreach(file IN LISTS FROM)
  file(READ ${file} hex HEX)
  string(APPEND bytes ${hex})
endforeach()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)"
       "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0};\n")
