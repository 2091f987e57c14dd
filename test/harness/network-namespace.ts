import { once } from 'node:events';
import { join } from 'node:path';
import { execa } from 'execa';
import type { GuestRoot } from './guest-root.ts';

/** A guest root with a network, processes and a host name of its own: its tools can set up a network without ours. */
export interface NetworkNamespace {
  /** Runs a program in the root; never rejects on its exit status. */
  run(argv: readonly [string, ...string[]]): Promise<{ readonly status: number; readonly output: string }>;
  /** Ends all that runs in it. */
  remove(): Promise<void>;
}

/**
 * Starts one. The kernel needs neither bonding nor 8021q for that: each NIC is one end of a veth pair, the other is up too.
 *
 * @param nics MAC addresses by name.
 */
export async function createNetworkNamespace(
  root: GuestRoot,
  nics: Readonly<Record<string, string>>,
): Promise<NetworkNamespace> {
  const holder = execa(
    'unshare',
    [
      '--net',
      '--mount',
      '--uts',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-c',
      'echo ready; exec sleep infinity',
    ],
    { reject: false, stdin: 'ignore' },
  );
  await once(holder.stdout, 'data');
  const pid = String(holder.pid);
  const enter = ['--target', pid, '--net', '--mount', '--uts', `--pid=/proc/${pid}/ns/pid_for_children`];
  const inside = async (argv: readonly string[]): ReturnType<NetworkNamespace['run']> => {
    const result = await execa('nsenter', [...enter, ...argv], {
      reject: false,
      all: true,
      timeout: 60_000,
      stdin: 'ignore',
      extendEnv: false,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
    });
    return { status: result.exitCode ?? -1, output: result.all };
  };
  const remove = async (): Promise<void> => {
    holder.kill('SIGKILL');
    await holder;
  };
  const setUp = [
    ['mount', '-t', 'sysfs', 'sysfs', join(root.path, 'sys')],
    ['mount', '-t', 'proc', 'proc', join(root.path, 'proc')],
    ...Object.entries(nics).flatMap(([name, mac], at) => [
      ['ip', 'link', 'add', name, 'address', mac, 'type', 'veth', 'peer', 'name', `peer${at}`],
      // The far ends have addresses that no NIC of a guest has.
      ['ip', 'link', 'set', `peer${at}`, 'up'],
    ]),
  ];
  for (const argv of setUp) {
    const { status, output } = await inside(argv);
    if (status === 0) continue;
    await remove();
    throw new Error(`${argv.join(' ')}: ${output}`);
  }
  return { run: (argv) => inside(['chroot', root.path, ...argv]), remove };
}
