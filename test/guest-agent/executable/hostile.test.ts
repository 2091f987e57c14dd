import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { sha256, writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** Hostile guest.json, signed by mistake: the compiled validator says no where the server's does. */
describe('ubugi-agent with a hostile guest.json', () => {
  let root: GuestRoot;
  const server = createValidators().guestConfiguration;
  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
  }, 600_000);
  afterAll(() => root.remove());

  async function plan(text: string): Promise<{ readonly status: number; readonly stdout: string }> {
    const drive = join(root.path, 'drive');
    writeDriveFolder(drive, exampleGuest());
    const manifest = (await root.run(['cat', '/drive/ubugi/manifest.json'])).stdout;
    writeFileSync(join(drive, 'ubugi/guest.json'), text);
    writeFileSync(
      join(drive, 'ubugi/manifest.json'),
      `${manifest.replace(/"size": .*"sha256": "[0-9a-f]{64}"/, `"size": ${Buffer.byteLength(text)}, "sha256": "${sha256(text)}"`)}\n`,
    );
    return root.run(['/agent', 'plan', '--drive', '/drive', '--offline']);
  }
  const json = JSON.stringify(exampleGuest());

  test.each([
    ['alice', '../x'],
    ['alice', '%wheel'],
    ['alice', 'ALL'],
    ['Alice Example', 'a\\nroot::0:0::/:/bin/sh'],
    ['Alice Example', 'a:b'],
    ['Alice Example', '\\u202eevil'],
    ['Alice Example', '\\u0000'],
    ['/home/alice"', '/home/../etc"'],
    ['/bin/bash', '/bin/ba sh'],
    ['52:54:00:12:34:56', '53:54:00:12:34:56'],
    ['192.0.2.10/24', '192.0.2.10/33'],
    ['192.0.2.1"', '192.0.2.999"'],
    ['2001:db8::53', '2001:db8::53::1'],
    ['ntp1.example.com', 'ntp1.example.com iburst\\ninclude /x'],
    ['"mode":"0644"', '"mode":"4755"'],
    ['"uid":5001', '"uid":0'],
    ['"uid":5001', '"uid":4294967295'],
    ['"uid":5001', '"uid":5001.5'],
    ['"uid":5001', '"uid":1e999'],
    ['"uid":5001', '"uid":5001,"__proto__":{}'],
    ['ssh-ed25519', 'cert-authority ssh-ed25519'],
    ['ssh-ed25519', 'ssh-dss'],
    ['NOPASSWD', 'NOPASSWD: ALL'],
    ['/usr/bin/systemctl', '/usr/bin/systemctl, /bin/sh'],
    ['"hostname":{', '"hostname":{"domain":"x",'],
  ])('refuses %j turned into %j', async (from, to) => {
    const text = json.replace(from, to);
    expect(text).not.toBe(json);
    expect(server(JSON.parse(text)).kind).toBe('invalid');
    const result = await plan(text);
    expect(result).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('ubugi: refused: /drive/ubugi/guest.json') as string,
    });
  });

  test.each(['', '{', 'null', '[]', '\ud800', '['.repeat(100_000)])(
    'refuses what is no guest configuration: %#',
    async (text) => {
      expect((await plan(text)).status).toBe(2);
    },
  );

  test('takes text in any script', async () => {
    const result = await plan(json.replace('Alice Example', 'Алиса 愛莉絲 🙂'));
    expect(result.status).toBe(0);
  });

  test('plans 3,000 accounts in a moment', async () => {
    const [alice] = exampleGuest().accounts;
    const many = Array.from({ length: 3000 }, (_, at) => ({
      ...alice,
      name: `u${at}`,
      uid: 10_000 + at,
      home: `/home/u${at}`,
    }));
    const result = await plan(JSON.stringify({ ...exampleGuest(), accounts: many, files: [] }));
    expect(result.status).toBe(0);
    expect(result.stdout).toContain('+ account u2999');
  }, 20_000);
});
