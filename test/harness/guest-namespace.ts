import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import type { GuestRoot } from './guest-root.ts';

/** A root with processes, a host name and a /proc of its own, as a running guest has; the network is that of the machine. */
export interface GuestNamespace {
  /** Runs a program in it; never rejects on its exit status. */
  run(argv: readonly [string, ...string[]]): Promise<{ readonly status: number; readonly stdout: string }>;
  /** What to put in front of a program of this machine to start it in there, before `chroot`. */
  readonly enter: readonly [string, ...string[]];
  /** Command lines of all that runs in it. */
  processes(): Promise<readonly string[]>;
  /** Ends it with all that runs in it. */
  stop(): Promise<void>;
}

const namespaces = [
  '--pid',
  '--mount',
  '--uts',
  '--fork',
  '--kill-child',
  '--propagation',
  'private',
] as const;

/** Starts one. */
export async function startGuestNamespace(root: GuestRoot): Promise<GuestNamespace> {
  const holder = execa(
    'unshare',
    [...namespaces, 'sh', '-c', 'mount -t proc proc "$1/proc" && echo ready && exec cat', 'sh', root.path],
    { reject: false, stdin: 'pipe', stderr: 'pipe' },
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout.on('data', () => resolve());
    void holder.then(({ stderr }) => reject(new Error(`no namespace for a guest: ${stderr}`)));
  });
  const children = readFileSync(`/proc/${holder.pid ?? 0}/task/${holder.pid ?? 0}/children`, 'utf8');
  const first = children.trim().split(' ')[0] ?? '';
  const enter = ['nsenter', '--target', first, '--pid', '--mount', '--uts'] as const;
  async function run(argv: readonly [string, ...string[]]) {
    const [nsenter, ...options] = enter;
    const { exitCode, stdout } = await execa(nsenter, [...options, 'chroot', root.path, ...argv], {
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
      extendEnv: false,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
    });
    return { status: exitCode ?? -1, stdout };
  }
  return {
    run,
    enter,
    async processes() {
      const script = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f && echo; done 2>/dev/null';
      const { stdout } = await run(['sh', '-c', script]);
      return stdout.split('\n').map((line) => line.trim());
    },
    async stop() {
      holder.kill('SIGKILL');
      await holder;
    },
  };
}
