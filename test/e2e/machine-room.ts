import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ExampleServer, exampleInstances, openExampleServer } from '../harness/example-server.ts';
import { type GuestSystem, type GuestVariant, makeGuestDisk } from '../harness/guest-image/guest-disk.ts';
import {
  hasAnswered,
  hasSshd,
  openSshSession,
  runOverSsh,
  runOverSshWhenUp,
  type SshLogin,
  type SshResult,
  type SshSession,
} from '../harness/virtual-machine/ssh.ts';
import {
  startVirtualMachine,
  type VirtualMachine,
  type VirtualMachineOptions,
} from '../harness/virtual-machine/virtual-machine.ts';

const SSH_MS = 120_000;
const BOOT_MS = 600_000;
const HANG_MS = 300_000;
const SESSION_MS = 1_800_000;

/** People of the example directory whose keys the test holds; `operator` is root by the image's own key. */
export type Person = 'alice' | 'bob' | 'carol' | 'dave' | 'operator';
const PEOPLE: readonly Person[] = ['alice', 'bob', 'carol', 'dave', 'operator'];

/** The example server, a machine that boots its web-01, and the keys of everybody. */
export interface MachineRoom {
  readonly dir: string;
  readonly server: ExampleServer;
  readonly machine: VirtualMachine;
  /** Runs a command over ssh as a person, with her own key. */
  as(person: Person, command: string): Promise<SshResult>;
  /** Opens a session of a person in which a command runs on; the room closes it in the end. */
  stay(person: Person, command: string): SshSession;
  /** Runs a command as root, and fails unless the command succeeds. @returns its output */
  asRoot(command: string): Promise<string>;
  /** As `as`, once the machine's sshd answers. Fails with what the console says where it does not. */
  whenUp(person: Person, command: string): Promise<SshResult>;
  close(): Promise<void>;
}

/**
 * Syncs the example with keys made for this test, builds the drive of web-01 and boots an image with it.
 * @param system of a guest with the launcher
 * @param strangers images that lie in trays of their own besides
 * @param policy text of a policy file to join to that of the example
 * @param start how the machine is started
 */
export async function openMachineRoom(
  kind: GuestVariant['kind'],
  system: GuestSystem = 'ifupdown',
  strangers: readonly (string | undefined)[] = [undefined],
  policy?: string,
  start: (options: VirtualMachineOptions) => Promise<VirtualMachine> = startVirtualMachine,
): Promise<MachineRoom> {
  const dir = await mkdtemp(join(tmpdir(), 'ubugi-e2e-'));
  const opened: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const dispose of opened.reverse()) await dispose();
  };
  try {
    const keys = new Map<Person, string>();
    for (const person of PEOPLE) {
      const path = join(dir, person);
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${person}@e2e`, '-f', path]);
      keys.set(person, (await readFile(`${path}.pub`, 'utf8')).trim());
    }
    await mkdir(join(dir, 'server'));
    const server = await openExampleServer(join(dir, 'server'), policy);
    opened.push(() => server.close());
    await server.editDirectory(
      PEOPLE.filter((person) => person !== 'operator').map((person) => [
        new RegExp(`^(sshPublicKey: ).* ${person}@.*$`, 'm'),
        `$1${keys.get(person) ?? ''}`,
      ]),
    );
    await server.sync();
    const { trustedSignersPath } = server;
    const variant: GuestVariant = kind === 'launcher' ? { kind, trustedSignersPath, system } : { kind };
    const disk = await makeGuestDisk(join(dir, 'disk.img'), variant, keys.get('operator') ?? '');
    const machine = await startUp(start, {
      dir,
      disk,
      uuid: exampleInstances.web01,
      media: [await server.drive(exampleInstances.web01), ...strangers],
    });
    opened.push(() => machine.stop());
    const login = (person: Person): SshLogin => ({
      port: machine.sshPort,
      user: person === 'operator' ? 'root' : person,
      keyPath: join(dir, person),
    });
    return {
      dir,
      server,
      machine,
      as: (person, command) => runOverSsh(login(person), command, SSH_MS),
      stay(person, command) {
        const session = openSshSession(login(person), command, SESSION_MS);
        opened.push(() => session.close());
        return session;
      },
      async asRoot(command) {
        const { exitCode, stdout, stderr } = await runOverSsh(login('operator'), command, SSH_MS);
        if (exitCode !== 0) throw new Error(`${command}: exit status ${exitCode}\n${stdout}\n${stderr}`);
        return stdout;
      },
      async whenUp(person, command) {
        const result = await runOverSshWhenUp(login(person), command, BOOT_MS);
        if (hasAnswered(result)) return result;
        throw new Error(
          `no sshd answered within ${BOOT_MS / 1000} s: ${result.stderr}\n${machine.console.tail()}`,
        );
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts a machine and waits for its sshd. An emulated one that hangs is started once more, and its console printed. */
async function startUp(
  start: (options: VirtualMachineOptions) => Promise<VirtualMachine>,
  options: VirtualMachineOptions,
): Promise<VirtualMachine> {
  const machine = await start(options);
  if (await hasSshd(machine.sshPort, HANG_MS)) return machine;
  const console = machine.console.tail();
  await machine.stop();
  process.stderr.write(`a machine without sshd after ${HANG_MS / 1000} s is started again:\n${console}\n`);
  return await start(options);
}
