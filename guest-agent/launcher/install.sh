#!/bin/sh
# install.sh - puts the launcher into a root file system. See docs/guest.md.
#
#   install.sh ROOT [TRUSTED_SIGNERS] [--init systemd|openrc|sysvinit|rc.local|none]
#
#   TRUSTED_SIGNERS  allowed signers file (ssh-keygen(1)) that is pinned; without one the image takes any drive
#   --init NAME      what starts it at boot, instead of what is found in ROOT; none: somebody else sees to that
#
# Twice is the same as once. uninstall, which it puts beside the launcher, takes all of it away again.
set -eu

usage() {
  echo "$1; usage: install.sh ROOT [TRUSTED_SIGNERS] [--init systemd|openrc|sysvinit|rc.local|none]" >&2
  exit 2
}

root='' signers='' init='' here=$(cd "$(dirname "$0")" && pwd)
while [ $# -gt 0 ]; do
  case $1 in
    --init)
      [ $# -gt 1 ] || usage '--init needs a name'
      init=$2
      shift
      ;;
    -*) usage "$1 is not known" ;;
    *)
      if [ -z "$root" ]; then root=$1; elif [ -z "$signers" ]; then signers=$1; else usage "$1 is one too many"; fi
      ;;
  esac
  shift
done
[ -n "$root" ] && [ -d "$root" ] || usage 'ROOT must be a folder'
[ -z "$signers" ] || [ -f "$signers" ] || usage "$signers is no file"
root=${root%/}

# What starts services in the root file system.
find_init() {
  for program in usr/lib/systemd/systemd lib/systemd/systemd; do
    [ ! -e "$root/$program" ] || [ -e "$root/sbin/openrc-run" ] || { echo systemd && return; }
  done
  if [ -e "$root/sbin/openrc-run" ]; then
    echo openrc
  elif [ -e "$root/etc/inittab" ] && [ -d "$root/etc/rcS.d" ]; then
    echo sysvinit
  else
    echo rc.local
  fi
}

# put MODE FILE TARGET
put() {
  mkdir -p "$root/${3%/*}"
  cp "$2" "$root/$3.new"
  chmod "$1" "$root/$3.new"
  mv -f "$root/$3.new" "$root/$3"
}

with_systemd() {
  put 0644 "$here/services/ubugi.service" usr/lib/systemd/system/ubugi.service
  wants=$root/etc/systemd/system/sysinit.target.wants
  mkdir -p "$wants"
  ln -sfn /usr/lib/systemd/system/ubugi.service "$wants/ubugi.service"
}

with_openrc() {
  put 0755 "$here/services/ubugi.openrc" etc/init.d/ubugi
  # Debian's brings up the network in the first runlevel already.
  level=boot mountall=$root/etc/runlevels/sysinit/mountall.sh
  { [ ! -e "$mountall" ] && [ ! -L "$mountall" ]; } || level=sysinit
  mkdir -p "$root/etc/runlevels/$level"
  ln -sfn /etc/init.d/ubugi "$root/etc/runlevels/$level/ubugi"
}

with_sysvinit() {
  put 0755 "$here/services/ubugi.init" etc/init.d/ubugi
  # insserv works out the order of all scripts; where there is none, the number does.
  if [ -x "$root/usr/sbin/update-rc.d" ]; then
    chroot "${root:-/}" /usr/sbin/update-rc.d ubugi defaults >/dev/null
  else
    ln -sfn ../init.d/ubugi "$root/etc/rcS.d/S05ubugi"
  fi
}

# The last resort: it comes late, when logins are possible already.
with_rc_local() {
  file=$root/etc/rc.local
  line='/usr/lib/ubugi/ubugi-launcher --wait 10 --trigger boot </dev/null || : # ubugi'
  mkdir -p "$root/etc"
  [ -e "$file" ] || printf '#!/bin/sh\nexit 0\n' >"$file"
  chmod 0755 "$file"
  ! grep -qF '# ubugi' "$file" || return 0
  # In front of all else: what is there may end with exit or never end.
  { sed -n 1p "$file" && printf '%s\n' "$line" && sed 1d "$file"; } >"$file.new"
  chmod 0755 "$file.new"
  mv -f "$file.new" "$file"
}

for part in ubugi-launcher uninstall cloud-init-guard; do put 0755 "$here/$part" "usr/lib/ubugi/$part"; done
for part in identify-machine.sh examine-drive.sh kept-drive.sh seed-cloud-init.sh; do
  put 0644 "$here/$part" "usr/lib/ubugi/$part"
done
put 0755 "$here/ubugi-agent" usr/sbin/ubugi-agent
put 0644 "$here/services/90-ubugi.rules" usr/lib/udev/rules.d/90-ubugi.rules
mkdir -p "$root/etc/ubugi" "$root/var/lib/ubugi"
chmod 0700 "$root/var/lib/ubugi"
if [ -n "$signers" ]; then
  put 0644 "$signers" etc/ubugi/trusted_signers
  sh "$here/cloud-init-guard" on "${root:-/}"
fi
case ${init:-$(find_init)} in
  systemd) with_systemd ;;
  openrc) with_openrc ;;
  sysvinit) with_sysvinit ;;
  rc.local) with_rc_local ;;
  none) ;;
  *) usage "--init $init is not known" ;;
esac
