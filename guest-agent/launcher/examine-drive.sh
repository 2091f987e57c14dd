# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with ubugi-launcher
# Sourced by ubugi-launcher: `examine MEDIUM` decides whether a drive is genuine, whole and for this machine.
# All that is checked is checked on a copy in memory, and the copy is what is used: whoever controls the medium may
# change it at any moment.

# $digits: the digits of an RFC 3339 time as one number, without fraction.
time_digits() {
  digits=${1%%[.Z]*}
  IFS='-T:'
  # shellcheck disable=SC2086 # split on purpose
  set -- $digits
  unset IFS
  digits=$1$2$3$4$5$6
}

# $applied_instance and $applied_generation from what the agent wrote last; empty and 0 before the first time.
# $applied_ok is empty where that cannot be read.
read_applied() {
  applied_instance='' applied_generation=0 applied_ok=yes applied_text=''
  [ -e "$state/applied.json" ] || [ -L "$state/applied.json" ] || return 0
  [ -f "$state/applied.json" ] &&
    while IFS= read -r line || [ -n "$line" ]; do applied_text=$applied_text$line; done <"$state/applied.json"
  applied_instance=${applied_text#*'"instance"'*'"'}
  applied_instance=${applied_instance%%'"'*}
  applied_generation=${applied_text#*'"generation"'*:}
  applied_generation=${applied_generation#"${applied_generation%%[0-9]*}"}
  applied_generation=${applied_generation%%[!0-9]*}
  is_uuid "$applied_instance" && [ -n "$applied_generation" ] && [ ${#applied_generation} -le 10 ] && return
  applied_ok='' applied_generation=0
}

# Notes why $source is not used. Always fails, so that callers can return it.
reject() {
  refusals="$refusals$source: $*$newline"
  say "refused $source: $*"
  return 1
}

# Copies the medium $source to $copy.
fetch() {
  if [ -d "$source" ]; then
    cp -RP "$source" "$copy" 2>/dev/null || reject 'it cannot be read, or it is too large for a config drive'
    return
  fi
  loop=''
  [ -b "$source" ] || loop=,loop
  # Only ISO 9660: no other file system driver gets to see what a tenant attaches.
  if mount -t iso9660 -o "ro,nosuid,nodev,noexec$loop" "$source" "$run/medium" 2>/dev/null; then
    mounted="$run/medium $mounted"
    copied=yes
    cp -RP "$run/medium" "$copy" 2>/dev/null || copied=''
    umount "$run/medium" && mounted=${mounted#"$run/medium "}
    [ -n "$copied" ] || reject 'it cannot be read whole, or it is too large for a config drive'
  elif [ -n "$loop" ] && command -v xorriso >/dev/null; then
    # Hosts that prepare other machines' root file systems may have a kernel without ISO 9660.
    xorriso -osirrox device_files -indev "$source" -extract / "$copy" >/dev/null 2>&1 ||
      reject 'it is not a whole ISO 9660 image, or it is too large for a config drive'
  else
    reject 'it is not a readable ISO 9660 image'
  fi
}

# $files: the number of regular files below $1. Fails with $strange set at anything but files and folders.
# Recursion is bounded by the memory file system, which is limited in size and in files.
walk() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -L "$entry" ]; then
      strange="$entry" && return 1
    elif [ -d "$entry" ]; then
      walk "$entry" || return
    elif [ -f "$entry" ]; then
      files=$((files + 1))
    elif [ -e "$entry" ]; then
      strange="$entry" && return 1
    fi
  done
}

# $shown: a path of the drive for messages; what is on an unverified medium never reaches console or report raw.
show() {
  shown=${1#"$copy/"}
  case $shown in *[!A-Za-z0-9._/-]* | '') shown='a file with an unusual name' ;; esac
}

# Reads the manifest, one file a line (docs/drive-format.md), into $drive_instance, $generation, $not_after,
# $listed and a list for sha256sum. With pinned signers its signature is known to be good here.
read_manifest() {
  drive_instance='' generation='' not_after='' listed=0 list=''
  # `read` would take the file byte by byte, a system call each.
  text=$(cat "$manifest")
  set -f
  IFS=$newline
  for line in $text; do
    value=${line#*'": '} value=${value%,}
    case $line in
      '    { "path": "'*'", "size": '*', "sha256": "'*'" }' | '    { "path": "'*'", "size": '*', "sha256": "'*'" },')
        path=${line#'    { "path": "'} path=${path%%'"'*}
        sha256=${line#*'"sha256": "'} sha256=${sha256%%'"'*}
        case /$path/ in *[!A-Za-z0-9._/-]* | *//* | */./* | */../*) path='' ;; esac
        case $path,$sha256 in ,* | *,*[!0-9a-f]*) list='' && break ;; esac
        ! is_left_out "$path" || continue
        list="$list$sha256  $path$newline" listed=$((listed + 1))
        ;;
      '  "instance": "'*) drive_instance=${value#'"'} drive_instance=${drive_instance%'"'} ;;
      '  "generation": '*) generation=$value ;;
      '  "notAfter": "'*) not_after=${value#'"'} not_after=${not_after%'"'} ;;
    esac
  done
  unset IFS
  set +f
  case $generation in '' | *[!0-9]* | ???????????*) return 1 ;; esac
  case $not_after in '' | ????-??-??T??:??:??*Z) ;; *) return 1 ;; esac
  is_uuid "$drive_instance" && [ -n "$list" ] && printf %s "$list" >"$copy.sha256"
}

# Names the first file in $copy that the manifest does not list.
find_unlisted() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -d "$entry" ]; then
      find_unlisted "$entry" || return
    elif [ -f "$entry" ]; then
      case ${entry#"$copy/"} in ubugi/manifest.json | ubugi/manifest.sig) continue ;; esac
      case $list in *"  ${entry#"$copy/"}$newline"*) ;; *) show "$entry" && return 1 ;; esac
    fi
  done
}

# Checks the medium $1 from its signature inwards, and remembers it if it is the newest good one.
examine() {
  source=$1 count=$((count + 1))
  copy=$run/drive/$count manifest=$run/drive/$count/ubugi/manifest.json
  fetch || return
  files=0
  walk "$copy" || { show "$strange" && reject "$shown is neither a file nor a folder"; } || return
  [ -f "$manifest" ] || reject 'it has no ubugi/manifest.json: it is not a drive of Ubugi' || return
  if [ -n "$pinned" ]; then
    [ -f "$copy/ubugi/manifest.sig" ] || reject 'ubugi/manifest.sig is missing: it is not signed' || return
    ssh-keygen -Y verify -f "$signers" -I ubugi -n ubugi-drive -s "$copy/ubugi/manifest.sig" \
      <"$manifest" >/dev/null 2>&1 ||
      reject 'the signature of ubugi/manifest.json is not by a signer in /etc/ubugi/trusted_signers' || return
  fi
  read_manifest || reject 'ubugi/manifest.json has a form that this launcher cannot read' || return
  (cd "$copy" && exec sha256sum -c) <"$copy.sha256" >"$copy.checked" 2>/dev/null || {
    while IFS= read -r line; do
      case $line in *': OK') ;; *) break ;; esac
    done <"$copy.checked"
    show "${line%: *}"
    reject "$shown is missing or not as it was signed" || return
  }
  [ -f "$copy/ubugi/manifest.sig" ] && files=$((files - 1))
  if [ $((files - 1)) -ne "$listed" ]; then
    shown='a file'
    find_unlisted "$copy"
    reject "$shown is not in the signed manifest" || return
  fi
  if [ -n "$machine$pinned" ]; then
    [ -n "$machine" ] ||
      reject 'this machine has no UUID to compare with (SMBIOS); use --instance' || return
    [ "$drive_instance" = "$machine" ] || [ "$drive_instance" = "$machine_swapped" ] ||
      reject "it is for instance $drive_instance, this machine is $machine" || return
  fi
  [ -n "$applied_ok" ] ||
    reject "$state/applied.json cannot be read, so older drives cannot be told; remove it to accept any" || return
  if [ "$drive_instance" = "$applied_instance" ] && [ "$generation" -lt "$applied_generation" ]; then
    reject "it holds generation $generation, older than generation $applied_generation that was applied" || return
  fi
  if [ -n "$not_after" ] && [ -z "$kept" ]; then
    time_digits "$not_after" && limit=$digits
    time_digits "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    [ "$digits" -le "$limit" ] || reject "it was valid until $not_after only" || return
  fi
  [ -f "$copy/ubugi/launch" ] || reject 'ubugi/launch is missing' || return
  if [ "$generation" -le "$best_generation" ]; then
    reject "generation $best_generation on another medium is as new or newer" || return
  fi
  newest=$source
  [ -z "$best" ] || { source=$best_source && reject "generation $generation on another medium is newer"; }
  best=$count best_generation=$generation best_source=$newest
}
