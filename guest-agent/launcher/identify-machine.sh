# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with ubugi-launcher
# Sourced by ubugi-launcher: who this machine is.

# $lowered: $1 in lower case, for hexadecimal digits.
lower() {
  lowered='' rest=$1
  while [ -n "$rest" ]; do
    tail=${rest#?} char=${rest%"${rest#?}"} rest=$tail
    case $char in A) char=a ;; B) char=b ;; C) char=c ;; D) char=d ;; E) char=e ;; F) char=f ;; esac
    lowered=$lowered$char
  done
}

is_uuid() {
  case $1 in
    *[!0-9a-f-]* | *-*-*-*-*-* | '') return 1 ;;
    ????????-????-????-????-????????????) return 0 ;;
    *) return 1 ;;
  esac
}

# $swapped: the bytes of the hexadecimal number $1 in the opposite order.
swap() {
  swapped='' rest=$1
  while [ -n "$rest" ]; do
    tail=${rest#??} swapped=${rest%"${rest#??}"}$swapped rest=$tail
  done
}

# $machine_swapped: the UUID $1 with its first three fields in the other byte order.
swap_fields() {
  last_fields=${1#????????-????-????} first_fields=${1%-????-????????????}
  swap "${first_fields%%-*}"
  machine_swapped=$swapped first_fields=${first_fields#*-}
  swap "${first_fields%-*}"
  machine_swapped=$machine_swapped-$swapped
  swap "${first_fields#*-}"
  machine_swapped=$machine_swapped-$swapped$last_fields
}

# $machine: this machine's instance UUID; $machine_swapped: the same as firmware shows it that stores the first
# three fields in the other byte order (before SMBIOS 2.6, section 7.2.1). Both empty where nothing tells it.
identify_machine() {
  machine=$instance machine_swapped=''
  [ -n "$machine" ] || read -r machine 2>/dev/null </sys/class/dmi/id/product_uuid ||
    read -r machine 2>/dev/null </sys/hypervisor/uuid || machine=''
  lower "$machine"
  machine=$lowered
  is_uuid "$machine" || {
    machine=''
    return
  }
  [ -n "$instance" ] || swap_fields "$machine"
}
