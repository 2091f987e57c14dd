/**
 * `node bench/revoke.ts [ROUNDS]`: seconds from a person's removal in LDAP until sshd of a running machine refuses her key:
 * `ubugi sync`, server, daemon of the host, changed medium, agent. Real libvirt and QEMU. The named peer is the same machine's
 * next boot, which is when a config drive is read without the daemon. The last line is one JSON object.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type HostRoom, openHostRoom } from '../test/e2e/host-room.ts';

/** The bench's result, as it is printed in JSON. */
interface RevokeBench {
  readonly bench: 'revoke';
  readonly rounds: number;
  readonly acceleration: string;
  /** Of `ubugi sync` alone. */
  readonly syncSeconds: number;
  /** From the end of the sync to the first refused login. */
  readonly refusedSeconds: number;
  /** From the reset to the first answer of sshd, which refuses. */
  readonly nextBootSeconds: number;
  readonly ratio: number;
}

const mostSeconds = 300;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

async function untilRefused({ isIn }: HostRoom, person: 'carol' | 'dave'): Promise<void> {
  const deadline = performance.now() + mostSeconds * 1000;
  while (await isIn(person)) {
    if (performance.now() > deadline) throw new Error(`${person} is still let in after ${mostSeconds} s`);
    await delay(100);
  }
}

async function measure(room: HostRoom, rounds: number): Promise<RevokeBench> {
  const syncs: number[] = [];
  const refusals: number[] = [];
  let [present, absent]: ['carol' | 'dave', 'carol' | 'dave'] = ['carol', 'dave'];
  for (let round = 0; round < rounds; round += 1) {
    await room.replace(present, absent);
    syncs.push(await seconds(() => room.site.operate('sync')));
    const gone = present;
    refusals.push(await seconds(() => untilRefused(room, gone)));
    [present, absent] = [absent, present];
  }
  const bootId = (await room.as('operator', 'cat /proc/sys/kernel/random/boot_id')).stdout;
  const nextBootSeconds = await seconds(async () => {
    await room.host.libvirt.virsh('reset', 'web-01');
    while ((await room.whenUp('operator', 'cat /proc/sys/kernel/random/boot_id')).stdout === bootId) {
      await delay(100);
    }
    await untilRefused(room, absent);
  });
  const refusedSeconds = median(refusals);
  return {
    bench: 'revoke',
    rounds,
    acceleration: room.machine.acceleration,
    syncSeconds: round(median(syncs)),
    refusedSeconds: round(refusedSeconds),
    nextBootSeconds: round(nextBootSeconds),
    ratio: round(nextBootSeconds / refusedSeconds),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const room = await openHostRoom();
try {
  const result = await measure(room, Number(process.argv[2] ?? 5));
  const { acceleration, syncSeconds, refusedSeconds, nextBootSeconds, ratio, rounds } = result;
  const row = (name: string, value: number): string => `${name.padEnd(48)} ${value.toFixed(1).padStart(7)}`;
  console.log(`A person removed in LDAP, ${rounds} rounds, machine under ${acceleration}; seconds\n`);
  console.log(row('ubugi sync', syncSeconds));
  console.log(row('from the sync until sshd refuses her key', refusedSeconds));
  console.log(row('peer: at the next boot of the same machine', nextBootSeconds));
  console.log(`\n${ratio} times the peer`);
  console.log(JSON.stringify(result));
} finally {
  await room.close();
}
