#!/bin/sh
# virt-customize.sh IMAGE INSTALLER TRUSTED_SIGNERS - puts the launcher into a disk image with libguestfs.
#
# INSTALLER is ubugi-install.sh of `./run build`. The image may be of any distribution; nothing in it is started.
set -eu
[ $# -eq 3 ] || {
  echo 'usage: virt-customize.sh IMAGE INSTALLER TRUSTED_SIGNERS' >&2
  exit 2
}
exec virt-customize --add "$1" --no-network \
  --upload "$2:/tmp/ubugi-install.sh" \
  --upload "$3:/tmp/trusted_signers" \
  --run-command 'sh /tmp/ubugi-install.sh / /tmp/trusted_signers' \
  --delete /tmp/ubugi-install.sh --delete /tmp/trusted_signers \
  --selinux-relabel
