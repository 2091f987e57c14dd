# shellcheck shell=sh disable=SC2154 # its variables are shared with ubugi-launcher
# Sourced by ubugi-launcher: gives cloud-init the verified copy of a drive where cloud-init-guard keeps it from media.

# Puts the drive in the folder $1 where cloud-init looks, and lets its units start.
seed_cloud_init() {
  [ -n "$pinned" ] && [ -z "$root" ] && [ -L /var/lib/cloud/seed/config_drive ] || return 0
  seed=$run/cloud-init
  [ ! -e "$seed" ] || rm -rf "$seed"
  # It takes the newest version that it knows; one without this file would not count as a drive.
  for version in "$1"/openstack/*; do
    [ -f "$version/meta_data.json" ] || [ "${version##*/}" = content ] || {
      say "$version has no meta_data.json: cloud-init is held back" && return 0
    }
  done
  # User-data may hold secrets.
  if mkdir -m 0700 "$seed" && cp -R "$1/openstack" "$seed/"; then
    : >"$seed/verified"
  else
    say 'the drive cannot be copied for cloud-init: it is held back'
  fi
}
