# SPDX-License-Identifier: GPL-2.0-or-later
# Adds what a Debian package has besides the installed files. CPack runs this over the staged files.

set(root ${CPACK_TEMPORARY_DIRECTORY})
set(documents ${root}/usr/share/doc/edgexdp)

configure_file(${CPACK_EDGEXDP_SOURCE}/copyright ${documents}/copyright NO_SOURCE_PERMISSIONS)
configure_file(${CPACK_EDGEXDP_SOURCE}/changelog.in ${documents}/changelog @ONLY
               NO_SOURCE_PERMISSIONS)
file(GLOB manuals ${root}/usr/share/man/*/*)
execute_process(COMMAND gzip -9n ${manuals} ${documents}/changelog ${documents}/CHANGELOG.md
                COMMAND_ERROR_IS_FATAL ANY)

# fail2ban reads its actions only from there. An administrator's changes to it are kept: see
# conffiles.
file(MAKE_DIRECTORY ${root}/etc/fail2ban/action.d)
file(RENAME ${root}/usr/share/edgexdp/fail2ban/edgexdp.conf
     ${root}/etc/fail2ban/action.d/edgexdp.conf)
file(REMOVE ${root}/usr/share/edgexdp/fail2ban)

# Debian's zsh looks here for completions from packages.
file(RENAME ${root}/usr/share/zsh/site-functions ${root}/usr/share/zsh/vendor-completions)

# Readable by everybody: policies are no secret, and edgexdp check needs no privilege. Nothing in it
# belongs to the package, so dpkg removes it only when it is empty.
file(MAKE_DIRECTORY ${root}/etc/edgexdp)

# Independent of the builder's umask.
file(CHMOD_RECURSE ${root} DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
     GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
