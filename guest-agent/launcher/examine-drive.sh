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

# $number: the digits of the member $1 in $applied_text, if it has one.
applied_number() {
  number=${applied_text#*"\"$1\""*:}
  [ "$number" != "$applied_text" ] || number=''
  number=${number#"${number%%[0-9]*}"}
  number=${number%%[!0-9]*}
}

# $applied_instance, $applied_generation and $applied_newest, the newest generation ever, from what the agent wrote last;
# empty and 0 before the first time. $applied_ok is empty where that cannot be read.
read_applied() {
  applied_instance='' applied_generation=0 applied_newest=0 applied_ok=yes applied_text=''
  [ -e "$state/applied.json" ] || [ -L "$state/applied.json" ] || return 0
  [ -f "$state/applied.json" ] &&
    while IFS= read -r line || [ -n "$line" ]; do applied_text=$applied_text$line; done <"$state/applied.json"
  applied_instance=${applied_text#*'"instance"'*'"'}
  applied_instance=${applied_instance%%'"'*}
  applied_number generation
  applied_generation=$number
  applied_number newest
  applied_newest=${number:-$applied_generation}
  is_uuid "$applied_instance" && [ -n "$applied_generation" ] && [ ${#applied_generation} -le 10 ] &&
    [ ${#applied_newest} -le 10 ] && return
  applied_ok='' applied_generation=0 applied_newest=0
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

# $files: the number of regular files, $2 of them so far, and those below $1; $hollow: a folder without any. Fails with
# $strange set at anything but files and folders. Bounded by the length of a path, and by the memory file system in size
# and in number of files.
walk() {
  [ ${#1} -le 1000 ] || { strange=$1 && return 1; }
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -L "$entry" ]; then
      strange="$entry" && return 1
    elif [ -d "$entry" ]; then
      walk "$entry" "$files" || return
    elif [ -f "$entry" ]; then
      files=$((files + 1))
    elif [ -e "$entry" ]; then
      strange="$entry" && return 1
    fi
  done
  [ "$files" -gt "$2" ] || hollow=$1
}

# $shown: a path of the drive for messages; what is on an unverified medium never reaches console or report raw.
show() {
  shown=${1#"$copy/"}
  case $shown in *[!A-Za-z0-9._/-]* | '') shown='a file with an unusual name' ;; esac
  [ ${#shown} -le 512 ] || shown='a file with a path that is too long'
}

# Takes the member "name": value of the manifest. What is not known is for newer launchers; nothing may come twice.
read_member() {
  name=${1#'  "'} name=${name%%'"'*} value=${1#*'": '} value=${value%,}
  case $names in *" $name "*) return 1 ;; esac
  names="$names$name "
  case $name in
    instance) drive_instance=${value#'"'} drive_instance=${drive_instance%'"'} ;;
    generation) generation=$value ;;
    notAfter) not_after=${value#'"'} not_after=${not_after%'"'} ;;
    issuedAt) issued_at=${value#'"'} issued_at=${issued_at%'"'} ;;
    replay)
      supersedes=${value#'{ "supersedes": '} supersedes=${supersedes%' }'}
      [ "$value" = "{ \"supersedes\": $supersedes }" ] || return 1
      ;;
  esac
}

# Takes a line of a file. They are sorted, so that none can come twice.
read_file() {
  previous=$path
  path=${1#'    { "path": "'} path=${path%%'"'*}
  sha256=${1#*'"sha256": "'} sha256=${sha256%%'"'*}
  case /$path/ in *[!A-Za-z0-9._/-]* | *//* | */./* | */../*) return 1 ;; esac
  case $path,$sha256 in ,* | *,*[!0-9a-f]*) return 1 ;; esac
  # sha256sum passes over a line that is none of its own.
  [ ${#sha256} -eq 64 ] || return 1
  # shellcheck disable=SC3012 # not in POSIX, but in dash, busybox, bash and ksh
  [ "$previous" \< "$path" ] || return 1
  ! is_left_out "$path" || return 0
  list="$list$sha256  $path$newline" listed=$((listed + 1))
}

is_generation() {
  case $1 in '' | 0* | *[!0-9]* | ???????????*) return 1 ;; esac
}

is_time() {
  case $1 in *[!0-9TZ:.-]*) return 1 ;; ????-??-??T??:??:??*Z) ;; *) return 1 ;; esac
}

# Reads the manifest, one file a line (docs/drive-format.md), and the end of the signature, into $drive_instance,
# $generation, $effective, $issued_at, $not_after, $listed and a list for sha256sum. $effective is what counts beside
# other generations: of a replay the newest that it may follow. With pinned signers the signature is good here.
read_manifest() {
  drive_instance='' generation='' supersedes='' issued_at='' not_after='' listed=0 list='' names=' ' path='' part=head
  # `read` would take the files byte by byte, a system call each.
  text=$(cat "$manifest" ${pinned:+"$copy/ubugi/manifest.sig"})
  set -f
  IFS=$newline
  for line in $text; do
    case $part,$line in
      'head,{') part=members ;;
      'members,  "files": [') part=files ;;
      'members,  "'*'": '*',') read_member "$line" || part=wrong ;;
      'files,    { "path": "'*'", "size": '*', "sha256": "'*'" }' | 'files,    { "path": "'*'", "size": '*', "sha256": "'*'" },')
        read_file "$line" || part=wrong
        ;;
      'files,  ]') part=tail ;;
      'tail,}') part=done ;;
      'done,-----BEGIN SSH SIGNATURE-----') part=signature ;;
      'signature,-----END SSH SIGNATURE-----') part=signed ;;
      signature,*) ;;
      *) part=wrong ;;
    esac
    [ "$part" != wrong ] || break
  done
  unset IFS
  set +f
  case $pinned,$part in yes,signed | ,done) ;; *) return 1 ;; esac
  is_generation "$generation" && is_generation "${supersedes:-1}" && is_time "$issued_at" || return
  [ -z "$not_after" ] || is_time "$not_after" || return
  effective=$generation
  [ "${supersedes:-0}" -le "$generation" ] || effective=$supersedes
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

# Refuses a drive after its time. A clock that stands before the drive was made, as where nothing keeps it while the
# machine is off, says nothing about that.
check_time() {
  [ -n "$not_after" ] || return 0
  time_digits "$not_after" && limit=$digits
  time_digits "$issued_at" && issued=$digits
  time_digits "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  [ "$digits" -le "$limit" ] || reject "it was valid until $not_after only" || return
  [ "$digits" -ge "$issued" ] || say "this machine's clock is wrong: $source was made at $issued_at, valid until $not_after"
}

# Refuses a drive that is not for this machine, or that is older than what this machine has seen.
check_intent() {
  if [ -n "$machine$pinned" ]; then
    [ -n "$machine" ] ||
      reject 'this machine has no UUID to compare with (SMBIOS); use --instance' || return
    [ "$drive_instance" = "$machine" ] || [ "$drive_instance" = "$machine_swapped" ] ||
      reject "it is for instance $drive_instance, this machine is $machine" || return
  fi
  [ -n "$applied_ok" ] ||
    reject "$state/applied.json cannot be read, so older drives cannot be told; remove it to accept any" || return
  [ "$drive_instance" = "$applied_instance" ] && [ "$effective" -lt "$applied_newest" ] || return 0
  if [ -z "$supersedes" ]; then
    reject "it holds generation $generation, older than generation $applied_newest that was applied"
  else
    reject "it replays generation $generation after generation $supersedes at the latest, and generation $applied_newest was applied"
  fi
}

# Checks the copy of the medium $source from its signature inwards.
check() {
  files=0 hollow=''
  walk "$copy" 0 || { show "$strange" && reject "$shown is neither a file nor a folder"; } || return
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
  [ -z "$hollow" ] || [ -n "$kept" ] || { show "$hollow" && reject "the folder $shown is not in the signed manifest"; } || return
  check_intent && { [ -n "$kept" ] || check_time; } || return
  [ -f "$copy/ubugi/launch" ] || reject 'ubugi/launch is missing'
}

# Examines the medium $1, and remembers it if it is the newest good one; of two as new, a replay is what is wanted.
examine() {
  source=$1 count=$((count + 1))
  copy=$run/drive/$count manifest=$run/drive/$count/ubugi/manifest.json
  if ! { fetch && check; }; then
    # There must be room for the next one, however large this one is.
    rm -rf "$copy"
    return 1
  fi
  rank=$((effective * 2))
  [ -z "$supersedes" ] || rank=$((rank + 1))
  if [ "$rank" -le "$best_rank" ]; then
    reject "generation $best_generation on another medium is as new or newer" || return
  fi
  newest=$source
  [ -z "$best" ] || { source=$best_source && reject "generation $generation on another medium is newer"; }
  best=$count best_generation=$generation best_rank=$rank best_source=$newest
}
