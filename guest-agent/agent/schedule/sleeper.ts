import type { System } from '../system/system.ts';
import type { WakeKeeper } from './wake.ts';

/** Holds the moment and the process id of the sleeper. */
const record = '/run/ubugi/wake';
const timeoutMs = 10_000;

/**
 * A process in the background that looks at the clock at least once a minute, so that neither a sleep of the machine nor
 * a jump of its clock makes it miss its moment; then it becomes the command. A shell is all it takes.
 *
 * $1: the moment; $2: process id of the sleeper that this one replaces, or 0; then the command.
 */
const script = `
at=$1 old=$2
shift 2
[ "$old" -eq 0 ] || kill "$old" 2>/dev/null
[ "$at" -gt 0 ] || { rm -f ${record}; exit 0; }
(
  trap '' HUP
  while left=$((at - $(date +%s))) && [ "$left" -gt 0 ]; do
    [ "$left" -lt 60 ] || left=60
    sleep "$left"
  done
  exec "$@"
) </dev/null >/dev/null 2>&1 &
echo "$at $!" >${record}
`;

/** For machines without systemd. */
export const sleeper: WakeKeeper = {
  arrange(at, command, system) {
    const current = readRecord(system);
    if (current?.at === at) return [];
    const argv = [
      '/bin/sh',
      '-c',
      script,
      'ubugi-wake',
      String(at ?? 0),
      String(current?.pid ?? 0),
      ...command,
    ] as const;
    return [{ argv, timeoutMs }];
  },
};

/** The sleeper that is there; one that has become its command, or is gone, does not count. */
function readRecord(system: System): { readonly at: number; readonly pid: number } | undefined {
  if (system.files.entry(record) === undefined) return undefined;
  const [, at, pid] = /^(\d+) (\d+)\n$/.exec(system.files.readText(record)) ?? [];
  const commandLine = `/proc/${pid}/cmdline`;
  if (system.files.entry(commandLine) === undefined) return undefined;
  const isOurs = system.files.readText(commandLine).includes(`\0ubugi-wake\0${at}\0`);
  return isOurs ? { at: Number(at), pid: Number(pid) } : undefined;
}
