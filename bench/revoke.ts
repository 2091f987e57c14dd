/**
 * `node bench/revoke.ts [ROUNDS]`: seconds from a change in LDAP to a login that sshd refuses, in a running machine. A
 * server, a libvirtd with the hook and the daemon, and a booted machine that they dressed, all real; in each round one
 * person leaves a group and another joins it, `ubugi sync` is run, and the one who left tries to log in again and again.
 * Logging in to an emulated machine takes seconds by itself: how long a login takes is measured beside it. The last
 * line is one JSON object.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { exampleInstances } from '../test/harness/example-server.ts';
import { makeGuestDisk } from '../test/harness/guest-image/guest-disk.ts';
import { hypervisorExecutable } from '../test/harness/hook-host.ts';
import { openHypervisorHost } from '../test/harness/hypervisor-host.ts';
import { startLibvirt } from '../test/harness/libvirt.ts';
import { serveSite } from '../test/harness/served-site.ts';
import { domainName, startLibvirtMachine } from '../test/harness/virtual-machine/libvirt-machine.ts';
import { hasAnswered, runOverSsh, runOverSshWhenUp } from '../test/harness/virtual-machine/ssh.ts';

const people = ['carol', 'dave'] as const;
type Person = (typeof people)[number];

const lifetimeMs = 3_600_000;
const bootMs = 1_200_000;
const loginMs = 120_000;
const roundMs = 600_000;

/** One round, in seconds. */
interface Round {
  /** From the change in LDAP to the end of `ubugi sync`. */
  readonly sync: number;
  /** From there to the end of the first login that is refused. */
  readonly refused: number;
  /** What the last login that was let in took by itself. */
  readonly login: number;
}

/** The bench's result, as it is printed in JSON. */
interface RevokeBench {
  readonly bench: 'revoke';
  readonly cores: number;
  readonly rounds: readonly Round[];
  readonly medianSeconds: number;
  readonly worstSeconds: number;
  readonly targetSeconds: 10;
}

const rounds = Number(process.argv[2] ?? 5);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('usage: bench/revoke.ts [ROUNDS]\n');
  process.exit(2);
}
const opened: (() => Promise<unknown>)[] = [];
try {
  await measure(rounds);
} finally {
  for (const close of opened.reverse()) await close();
}

async function measure(count: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'ubugi-revoke-'));
  opened.push(() => rm(dir, { recursive: true, force: true }));
  const payloadFolder = join(import.meta.dirname, '../build/payload');
  const site = await serveSite({ payloadFolder, lifetimeMs });
  opened.push(() => site.stop());
  for (const person of [...people, 'operator']) {
    const path = join(dir, person);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${person}@bench`, '-f', path]);
    if (person === 'operator') continue;
    const key = (await readFile(`${path}.pub`, 'utf8')).trim();
    await site.edit('directory.ldif', [[new RegExp(`^(sshPublicKey: ).* ${person}@.*$`, 'm'), `$1${key}`]]);
  }
  await site.operate('sync');
  const libvirt = await startLibvirt(await hypervisorExecutable());
  opened.push(() => libvirt.stop());
  const host = await openHypervisorHost(site, libvirt, { folder: dir });
  host.startDaemon();
  opened.push(() => host.endDaemon('SIGTERM'));
  const trustedSignersPath = join(libvirt.ubugiFolder, 'trusted_signers');
  const operatorKey = (await readFile(join(dir, 'operator.pub'), 'utf8')).trim();
  const image = { kind: 'launcher', trustedSignersPath, system: 'systemd-networkd' } as const;
  const disk = await makeGuestDisk(join(dir, 'disk.img'), image, operatorKey);
  const options = { dir, disk, uuid: exampleInstances.web01, media: [] };
  say('booting');
  const machine = await startLibvirtMachine(libvirt, options, async () => {
    const { exitCode, stderr } = await host.run('enrol', domainName, '--yes');
    if (exitCode !== 0) throw new Error(`enrol failed: ${stderr}`);
  });
  opened.push(() => machine.stop());
  const login = (user: string, key: string) => ({ port: machine.sshPort, user, keyPath: join(dir, key) });
  const up = await runOverSshWhenUp(login('root', 'operator'), 'true', bootMs);
  if (!hasAnswered(up)) throw new Error(`no sshd answered: ${up.stderr}`);

  const isIn = async (person: Person): Promise<boolean> => {
    const { exitCode, stderr } = await runOverSsh(login(person, person), 'true', loginMs);
    if (exitCode !== 0 && !stderr.includes('Permission denied')) throw new Error(stderr);
    return exitCode === 0;
  };
  const until = async (person: Person, wanted: boolean): Promise<void> => {
    const deadline = performance.now() + roundMs;
    while ((await isIn(person)) !== wanted) {
      if (performance.now() > deadline) throw new Error(`${person} is not as expected in time`);
    }
  };
  const found: Round[] = [];
  await until('carol', true);
  for (let index = 0; index < count; index++) {
    const [gone, next] = index % 2 === 0 ? (['carol', 'dave'] as const) : (['dave', 'carol'] as const);
    const beforeLogin = performance.now();
    await until(gone, true);
    const loginSeconds = since(beforeLogin);
    const changedAt = performance.now();
    await site.edit('directory.ldif', [
      [new RegExp(`(cn: web-admins[^]*?)memberUid: ${gone}`), `$1memberUid: ${next}`],
    ]);
    await site.operate('sync');
    const sync = since(changedAt);
    const syncedAt = performance.now();
    await until(gone, false);
    const round = { sync, refused: since(syncedAt), login: loginSeconds };
    found.push(round);
    say(
      `round ${index + 1}: sync ${round.sync} s, refused ${round.refused} s later (a login: ${round.login} s)`,
    );
    await until(next, true);
  }
  const sorted = found.map(({ refused }) => refused).sort((one, other) => one - other);
  const result: RevokeBench = {
    bench: 'revoke',
    cores: availableParallelism(),
    rounds: found,
    medianSeconds: sorted[Math.floor(sorted.length / 2)] ?? 0,
    worstSeconds: sorted.at(-1) ?? 0,
    targetSeconds: 10,
  };
  process.stdout.write('\n              median    worst   target\n');
  const cells = [result.medianSeconds, result.worstSeconds, result.targetSeconds];
  process.stdout.write(`sync→refused  ${cells.map((cell) => `${cell} s`.padStart(8)).join(' ')}\n\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function since(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
