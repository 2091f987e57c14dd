import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDebianPackages } from '../../../harness/debian-package.ts';
import { createGuestRoot, type GuestRoot } from '../../../harness/guest-root.ts';
import { chrootTools, type NodeAgent, nodeAgent } from '../../node-agent.ts';

/** ntpd checks no file: the real one of NTPsec is started, without network and without leave to set the clock. */
let guest: GuestRoot;
let agent: NodeAgent;
beforeAll(async () => {
  guest = await createGuestRoot('tools');
  await addDebianPackages(guest.path, ['ntpsec']);
  agent = nodeAgent(guest.path, chrootTools(guest.path));
}, 900_000);
afterAll(() => guest?.remove());

/** What ntpd says until it has read its configuration. */
async function readingOf(path: string): Promise<string> {
  const confined = ['--net', 'setpriv', '--bounding-set=-sys_time', '--inh-caps=-sys_time'];
  const ntpd = ['chroot', guest.path, '/usr/sbin/ntpd', '-n', '-c', path];
  const process = execa('unshare', [...confined, ...ntpd], { all: true, reject: false, timeout: 30_000 });
  let said = '';
  for await (const line of process.iterable({ from: 'all' })) {
    said += `${line}\n`;
    // The loop ends with the process.
    if (line.includes('INIT: MRU')) process.kill('SIGKILL');
  }
  return said;
}

test('ntpd of NTPsec reads what is written, and would name a line that it does not know', async () => {
  const own = agent.read('/etc/ntpsec/ntp.conf');
  const defaults = agent.read('/etc/default/ntpsec');
  rmSync(join(guest.path, 'etc/systemd/system/multi-user.target.wants/chrony.service'), { force: true });
  agent.put('/etc/systemd/system/multi-user.target.wants/ntpsec.service', {
    link: '/lib/systemd/system/ntpsec.service',
  });
  agent.apply(
    { ntp: { servers: ['192.0.2.1', '2001:db8::1'], pools: ['pool.example.com'] } },
    { offline: true },
  );
  const text = agent.read('/etc/ntpsec/ntp.conf');
  expect(text).toContain('\nserver 2001:db8::1 iburst\npool pool.example.com iburst\n');
  expect(text).not.toMatch(/^pool \d\.debian/m);
  const said = await readingOf('/etc/ntpsec/ntp.conf');
  expect(said).toContain('parsing file: /etc/ntpsec/ntp.conf');
  expect(said).not.toContain('syntax error');

  agent.put('/etc/ntpsec/wrong.conf', `${text}server\n`);
  expect(await readingOf('/etc/ntpsec/wrong.conf')).toContain('syntax error');
  const { stdout } = await guest.run(['sh', '-c', '. /etc/default/ntpsec && echo "$IGNORE_DHCP $NTPD_OPTS"']);
  expect(stdout).toBe('yes -g -N');

  agent.apply({}, { offline: true });
  expect([agent.read('/etc/ntpsec/ntp.conf'), agent.read('/etc/default/ntpsec')]).toEqual([own, defaults]);
});
