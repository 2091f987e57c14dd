import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

const INSTALL = join(import.meta.dirname, '../../../guest-agent/launcher/install.sh');

/** Taking Ubugi off a machine, with the real tools of a Debian root. */
describe('taking back what was made', () => {
  let root: GuestRoot;
  beforeEach(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
  }, 600_000);
  afterEach(() => root.remove());

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const isThere = (path: string): boolean => existsSync(join(root.path, path));

  /** Files by name and content, but what stays: entries of accounts that are out, name, machine-id and resolver. */
  async function listing(): Promise<string> {
    const left =
      '^./(passwd|group|shadow|gshadow|subuid|subgid)-?$|^./.pwd.lock$|^./hosts$|^./hostname$|^./resolv.conf$|^./machine-id$';
    const script = `find . -type f | grep -Ev '${left}' | sort | xargs sha256sum`;
    return (await execa('sh', ['-c', script], { cwd: join(root.path, 'etc') })).stdout;
  }

  async function applyExample(): Promise<void> {
    // A file of the guest's own that policy replaces is not given back: what was in it is not known any more.
    const files = exampleGuest().files.filter(({ path }) => path !== '/etc/motd');
    writeDriveFolder(join(root.path, 'drive'), exampleGuest({ files }));
    expect((await root.run(['/agent', 'apply', '--drive', '/drive', '--offline'])).status).toBe(0);
  }

  test('accounts are locked, and keys, rules, files and settings go; a second time there is nothing left', async () => {
    const before = await listing();
    await applyExample();
    expect(await listing()).not.toBe(before);
    const { status, stdout } = await root.run(['/agent', 'remove', '--offline']);
    expect(status).toBe(0);
    expect(stdout).toContain('remove account alice (locked and expired; its home stays)');
    expect(await listing()).toBe(before);
    expect(read('/etc/shadow')).toMatch(/^alice:!/m);
    expect(isThere('/home/alice/.bashrc')).toBe(true);
    expect(isThere('/home/alice/.config/app/settings')).toBe(false);
    // A machine without a name or a network helps nobody.
    expect(read('/etc/hostname')).toBe('web-01\n');
    const again = await root.run(['/agent', 'remove', '--offline']);
    expect([again.status, again.stdout.match(/\bchanged$/gm)]).toEqual([0, null]);
  });

  test('uninstall --purge takes all of it and the launcher away', async () => {
    await execa('sh', [INSTALL, root.path]);
    await applyExample();
    const kept = join(root.path, 'var/lib/ubugi/drive/0000/ubugi/agent/x86_64');
    mkdirSync(kept, { recursive: true });
    cpSync(join(root.path, 'agent'), join(kept, 'ubugi-agent'));
    const uninstall = join(root.path, 'usr/lib/ubugi/uninstall');
    const { stdout } = await execa('sh', [uninstall, '--purge', '--root', root.path], { timeout: 60_000 });
    expect(stdout).toContain('what it made is taken back');
    const left = await root.run([
      'find',
      '/',
      '-xdev',
      '-name',
      '*ubugi*',
      '-not',
      '-path',
      '/run/*',
      '-not',
      '-path',
      '/drive/*',
    ]);
    expect(left.stdout).toBe('');
    expect((await root.run(['visudo', '-c', '-q'])).status).toBe(0);
  });

  test('what fails is said, and the records stay', async () => {
    await applyExample();
    await root.run(['sh', '-c', 'mv /etc/shadow /etc/shadow.gone']);
    const { status, stdout } = await root.run(['/agent', 'remove', '--offline']);
    expect(status).toBe(1);
    expect(stdout).toContain('/etc/shadow is missing');
    expect(read('/var/lib/ubugi/owned.json')).toContain('"alice"');
    await root.run(['sh', '-c', 'mv /etc/shadow.gone /etc/shadow']);
    expect((await root.run(['/agent', 'remove', '--offline'])).status).toBe(0);
  });
});
