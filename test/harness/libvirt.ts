import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

/** What one virsh command said. */
export interface VirshRun {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A private libvirtd with QEMU, in namespaces of its own: the machine's libvirt is not touched. */
export interface Libvirt {
  /** `/etc/ubugi` as libvirtd and its hooks see it. */
  readonly ubugiFolder: string;
  /** `/var/lib/ubugi` and `/var/lib/ubugi-hypervisor` as libvirtd, QEMU and the programs beside it see them. */
  readonly driveRoot: string;
  readonly stateFolder: string;
  /** Connection URI that reaches it from outside its namespaces. */
  readonly uri: string;
  /** Arguments of nsenter(1) that lead into its namespaces, up to the command. */
  readonly inside: readonly string[];
  virsh(...args: readonly string[]): Promise<VirshRun>;
  /** Defines a domain from XML. */
  define(xml: string): Promise<void>;
  /** Stops libvirtd and starts it again, while the domains run. */
  restartDaemon(): Promise<void>;
  /** Puts a file at `/etc/libvirt/hooks/qemu.d/ubugi`, or takes it away; libvirtd knows after a restart. */
  installHook(script: string | undefined): Promise<void>;
  /** PID of a domain's QEMU, in its namespace. */
  qemuPid(domain: string): Promise<string>;
  /** Ends everything and removes the folders. */
  stop(): Promise<void>;
}

const deadline = { timeout: 30_000 };

/** Without systemd, cgroups and security drivers. */
const qemuConfiguration = `user = "root"
group = "root"
dynamic_ownership = 0
cgroup_controllers = []
security_driver = "none"
stdio_handler = "file"
namespaces = []
`;

/** Starts libvirtd. Needs root. @param executable what `/usr/bin/ubugi-hypervisor` is to be */
export async function startLibvirt(executable: string): Promise<Libvirt> {
  const scratch = await mkdtemp(join(tmpdir(), 'ubugi-libvirt-'));
  // libvirtd and QEMU must be able to enter it, whoever they run as.
  await chmod(scratch, 0o755);
  const folder = (name: string): string => join(scratch, name);
  const hooks = folder('etc-libvirt/hooks/qemu.d');
  const folders = [
    'etc/ubugi',
    'var-lib/ubugi',
    'var-lib/ubugi-hypervisor',
    'ubugi/drives',
    'ubugi-hypervisor',
    'etc-libvirt/hooks/qemu.d',
    'etc-libvirt/qemu',
    'bin',
    'run',
    'lib',
    'log',
    'cache',
  ];
  await Promise.all(folders.map((name) => mkdir(folder(name), { recursive: true })));
  await writeFile(folder('etc-libvirt/qemu.conf'), qemuConfiguration);
  // Of its own, else two on one machine refuse to migrate to each other.
  const settings = ['auth_unix_rw = "none"', `host_uuid = "${randomUUID()}"`, ''];
  await writeFile(folder('etc-libvirt/libvirtd.conf'), settings.join('\n'));
  await symlink(executable, folder('bin/ubugi-hypervisor'));

  const script = join(import.meta.dirname, 'libvirt-namespace.sh');
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const machine = execa('unshare', [...namespaces, 'sh', script, scratch], { reject: false });
  const ended = machine.then((result) => {
    throw new Error(`the namespace of libvirtd ended: ${result.stderr}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(machine.stdout, 'data'), ended]);
  const children = await readFile(`/proc/${machine.pid}/task/${machine.pid}/children`, 'utf8');
  const inside = ['-t', children.trim(), '--mount', '--pid', '--'];

  const uri = `qemu:///system?socket=${folder('run/libvirt-sock')}`;
  const virsh: Libvirt['virsh'] = async (...args) => {
    const result = await execa('virsh', ['-q', '-c', uri, ...args], { ...deadline, reject: false });
    return { status: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  };

  async function startDaemon(): Promise<void> {
    const args = ['libvirtd', '-d', '-f', '/etc/libvirt/libvirtd.conf', '-p', '/run/libvirt/libvirtd.pid'];
    await execa('nsenter', [...inside, ...args], { ...deadline, stdio: 'ignore' });
    await until(async () => (await virsh('list')).status === 0, 'libvirtd answers');
  }

  async function stopDaemon(): Promise<void> {
    const pid = (await readFile(folder('run/libvirtd.pid'), 'utf8')).trim();
    await execa('nsenter', [...inside, 'kill', '-TERM', pid], deadline);
    const alive = async (): Promise<boolean> =>
      (await execa('nsenter', [...inside, 'kill', '-0', pid], { ...deadline, reject: false })).exitCode === 0;
    await until(async () => !(await alive()), 'libvirtd has ended');
  }

  await startDaemon();
  return {
    ubugiFolder: folder('etc/ubugi'),
    driveRoot: folder('ubugi'),
    stateFolder: folder('ubugi-hypervisor'),
    uri,
    inside,
    virsh,
    define: async (xml) => {
      const file = folder('domain.xml');
      await writeFile(file, xml);
      const run = await virsh('define', file);
      if (run.status !== 0) throw new Error(`virsh define failed: ${run.stderr}`);
    },
    restartDaemon: async () => {
      await stopDaemon();
      await startDaemon();
    },
    installHook: async (hook) => {
      if (hook === undefined) await rm(join(hooks, 'ubugi'), { force: true });
      else await copyFile(hook, join(hooks, 'ubugi'));
    },
    qemuPid: async (domain) => (await readFile(folder(`run/qemu/${domain}.pid`), 'utf8')).trim(),
    stop: async () => {
      machine.kill('SIGKILL');
      await machine;
      await rm(scratch, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + deadline.timeout;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadline.timeout} ms: ${what}`);
    await delay(50);
  }
}
