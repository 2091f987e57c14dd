import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { GuestRoot } from './guest-root.ts';

/** A root with processes, a host name and a /proc of its own, as a running guest has. */
export interface GuestNamespace {
  /** Runs a program in it; never rejects on its exit status. `output` has what it says on either stream. */
  run(
    argv: readonly [string, ...string[]],
  ): Promise<{ readonly status: number; readonly stdout: string; readonly output: string }>;
  /** What to put in front of a program of this machine to start it in there, before `chroot`. */
  readonly enter: readonly [string, ...string[]];
  /** Command lines of all that runs in it. */
  processes(): Promise<readonly string[]>;
  /** Ends it with all that runs in it. */
  stop(): Promise<void>;
}

/**
 * Starts one.
 *
 * @param nics MAC addresses by name: the guest has these and a network of its own, which its tools can set up without ours.
 * Left out, its network is that of the machine.
 */
export async function startGuestNamespace(
  root: GuestRoot,
  nics?: Readonly<Record<string, string>>,
): Promise<GuestNamespace> {
  const namespaces = ['--pid', '--mount', '--uts', ...(nics === undefined ? [] : ['--net'])];
  const mount = 'mount -t proc proc "$1/proc" && echo ready && exec cat';
  const holder = execa(
    'unshare',
    [...namespaces, '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', mount, 'sh', root.path],
    { reject: false, stdin: 'pipe', stderr: 'pipe' },
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout.on('data', () => resolve());
    void holder.then(({ stderr }) => reject(new Error(`no namespace for a guest: ${stderr}`)));
  });
  const children = readFileSync(`/proc/${holder.pid ?? 0}/task/${holder.pid ?? 0}/children`, 'utf8');
  const first = children.trim().split(' ')[0] ?? '';
  const enter = ['nsenter', '--target', first, ...namespaces] as const;
  async function inside(argv: readonly string[]): ReturnType<GuestNamespace['run']> {
    const [nsenter, ...options] = enter;
    const { exitCode, stdout, all } = await execa(nsenter, [...options, ...argv], {
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: 60_000,
      extendEnv: false,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
    });
    return { status: exitCode ?? -1, stdout, output: all };
  }
  const run = async (argv: readonly string[]): ReturnType<GuestNamespace['run']> =>
    inside(['chroot', root.path, ...argv]);
  const stop = async (): Promise<void> => {
    holder.kill('SIGKILL');
    await holder;
  };
  for (const argv of nics === undefined ? [] : networkCommands(root, nics)) {
    const { status, output } = await inside(argv);
    if (status === 0) continue;
    await stop();
    throw new Error(`${argv.join(' ')}: ${output}`);
  }
  return {
    run,
    enter,
    async processes() {
      const script = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f && echo; done 2>/dev/null';
      const { stdout } = await run(['sh', '-c', script]);
      return stdout.split('\n').map((line) => line.trim());
    },
    stop,
  };
}

/** The kernel needs neither bonding nor 8021q for that: each NIC is one end of a veth pair, the other is up too. */
function networkCommands(
  root: GuestRoot,
  nics: Readonly<Record<string, string>>,
): readonly (readonly string[])[] {
  return [
    ['mount', '-t', 'sysfs', 'sysfs', join(root.path, 'sys')],
    ...Object.entries(nics).flatMap(([name, mac], at) => [
      ['ip', 'link', 'add', name, 'address', mac, 'type', 'veth', 'peer', 'name', `peer${at}`],
      // The far ends have addresses that no NIC of a guest has.
      ['ip', 'link', 'set', `peer${at}`, 'up'],
    ]),
  ];
}
