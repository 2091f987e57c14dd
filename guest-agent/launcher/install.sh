#!/bin/sh
# install.sh ROOT [TRUSTED_SIGNERS] - puts launcher and unit into the root file system in ROOT, and pins the
# signers in the allowed signers file TRUSTED_SIGNERS (ssh-keygen(1)). Without one the image takes any drive.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
  echo 'usage: install.sh ROOT [TRUSTED_SIGNERS]' >&2
  exit 2
fi
root=${1%/}
here=$(cd "$(dirname "$0")" && pwd)
install -d -m 0755 "$root/usr/lib/ubugi" "$root/usr/lib/systemd/system" "$root/etc/ubugi" "$root/var/lib/ubugi" \
  "$root/etc/systemd/system/sysinit.target.wants"
install -m 0755 "$here/ubugi-launcher" "$root/usr/lib/ubugi/ubugi-launcher"
install -m 0644 "$here/identify-machine.sh" "$here/examine-drive.sh" "$root/usr/lib/ubugi/"
install -m 0644 "$here/ubugi.service" "$root/usr/lib/systemd/system/ubugi.service"
ln -sfn /usr/lib/systemd/system/ubugi.service "$root/etc/systemd/system/sysinit.target.wants/ubugi.service"
[ $# -lt 2 ] || install -m 0644 "$2" "$root/etc/ubugi/trusted_signers"
