import type { Machine } from '../../../plan/machine.ts';
import type { LiveAction } from '../../../plan/plan.ts';
import type { Link } from '../links.ts';

/** ifupdown keeps this file, in one of those places, from its first run at boot on; before that there is nothing to tell. */
const states = ['/run/network/ifstate', '/run/ifstate', '/var/run/ifstate'];

/**
 * Takes the links down, top first, and up again with what the files say now.
 *
 * @param made links that our stanzas of before made: those no longer wanted go.
 */
export function live(
  links: readonly Link[],
  made: readonly string[],
  machine: Machine,
): readonly LiveAction[] {
  const [ifup, ifdown, ip] = [machine.program('ifup'), machine.program('ifdown'), machine.program('ip')];
  const runs = states.some((path) => machine.files.entry(path) !== undefined);
  if (ifup === undefined || ifdown === undefined || ip === undefined || !runs) return [];
  const isThere = (name: string): boolean => machine.files.entry(`/sys/class/net/${name}`) !== undefined;
  const there = links.filter(({ name }) => isThere(name));
  const gone = made.filter((name) => isThere(name) && !links.some((link) => link.name === name));
  return [
    ...there.flatMap(({ name }) => endDhcp(name, machine)),
    ...[...gone].reverse().map((name) => command(ip, 'link', 'del', 'dev', name)),
    ...[...there].reverse().flatMap(({ kind, name }): readonly LiveAction[] => [
      { kind: 'command', argv: [ifdown, '-f', name], timeoutMs: 20_000 },
      // ifdown takes back what the new files say, not what was there before.
      ...(kind === 'bond' || kind === 'vlan' ? [] : [command(ip, 'addr', 'flush', 'dev', name)]),
    ]),
    ...links.map(
      ({ name }): LiveAction => ({ kind: 'command', argv: [ifup, '-f', name], timeoutMs: 30_000 }),
    ),
  ];
}

/** A DHCP client that goes on would put its old address back, and ifdown ends only one that the new files name. */
function endDhcp(name: string, { files }: Machine): readonly LiveAction[] {
  return ['dhclient', 'dhclient6', 'udhcpc'].flatMap((client) => {
    const pid = files.text(`/run/${client}.${name}.pid`)?.trim() ?? '';
    const program = /^[0-9]+$/.test(pid) ? files.text(`/proc/${pid}/comm`)?.trim() : undefined;
    return program === 'dhclient' || program === 'udhcpc'
      ? [command('/bin/sh', '-c', 'kill "$1"', 'sh', pid)]
      : [];
  });
}

function command(...argv: readonly [string, ...string[]]): LiveAction {
  return { kind: 'command', argv, timeoutMs: 10_000 };
}
