# SPDX-License-Identifier: GPL-2.0-or-later
# What a Debian package has besides what is installed. CPack runs this over the staged files.

set(root ${CPACK_TEMPORARY_DIRECTORY})
set(documents ${root}/usr/share/doc/edgexdp)

configure_file(${CPACK_EDGEXDP_SOURCE}/copyright ${documents}/copyright NO_SOURCE_PERMISSIONS)
configure_file(${CPACK_EDGEXDP_SOURCE}/changelog.in ${documents}/changelog @ONLY
               NO_SOURCE_PERMISSIONS)
file(GLOB manuals ${root}/usr/share/man/*/*)
execute_process(COMMAND gzip -9n ${manuals} ${documents}/changelog ${documents}/CHANGELOG.md
                COMMAND_ERROR_IS_FATAL ANY)

# fail2ban reads its actions there and nowhere else. What an administrator changes in it stays: see
# conffiles.
file(MAKE_DIRECTORY ${root}/etc/fail2ban/action.d)
file(RENAME ${root}/usr/share/edgexdp/fail2ban/edgexdp.conf
     ${root}/etc/fail2ban/action.d/edgexdp.conf)
file(REMOVE ${root}/usr/share/edgexdp/fail2ban)

# Where Debian's zsh looks for what packages bring.
file(RENAME ${root}/usr/share/zsh/site-functions ${root}/usr/share/zsh/vendor-completions)

# Everybody may look into it: policies are no secret, and edgexdp check needs no privilege. Nothing in
# it is the package's, so dpkg removes it only when it is empty.
file(MAKE_DIRECTORY ${root}/etc/edgexdp)

# Whatever the umask of who builds is.
file(CHMOD_RECURSE ${root} DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
     GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
