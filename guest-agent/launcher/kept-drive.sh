# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with ubugi-launcher
# Sourced by ubugi-launcher: the drive that was applied last, of which the agent keeps what this machine needs. It is
# examined like a medium; what is for other machines and for other programs may be missing, and the time until which a
# drive is taken does not count: what it says is in force already, and has to end when it says so.

# Whether the kept drive goes without the listed file $1: what is not ours, and agents of other architectures.
is_left_out() {
  case $1 in
    ubugi/agent/*) ;;
    ubugi/*) return 1 ;;
  esac
  [ -n "$kept" ] && [ ! -e "$copy/$1" ]
}

# Examines the kept drive if it is of this machine; a clone's is of the machine that it was made from.
examine_kept() {
  kept_name=${applied_text#*'"manifestSha256"'*'"'} kept_name=${kept_name%%'"'*}
  case $kept_name in '' | *[!0-9a-f]*) return 0 ;; esac
  [ -d "$state/drive/$kept_name" ] && [ ! -L "$state/drive" ] && [ ! -L "$state/drive/$kept_name" ] || return 0
  case $applied_instance in "$machine" | "$machine_swapped") ;; *) [ -z "$machine" ] || return 0 ;; esac
  kept=yes
  examine "$state/drive/$kept_name" || kept=''
}

# Starts the kept drive. Where media were refused, that stays the outcome unless something had to be put right.
# $status: exit status of the whole.
start_kept() {
  say 'no medium to use: the drive that was applied last is applied again'
  status=0
  start || status=$?
  [ -n "$refusals" ] || return 0
  [ "$status" -ne 0 ] || status=2
  case $(cat "$run/report.json" 2>/dev/null) in
    *"$newline  \"outcome\": \"unchanged\","*) refuse ;;
  esac
}
