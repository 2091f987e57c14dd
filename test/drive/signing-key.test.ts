import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { loadOrCreateSigningKey } from '../../server/drive/signing-key.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('loadOrCreateSigningKey', () => {
  it('makes a key that only its owner may read, and loads it the next time', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'keys/signing');
    const made = await loadOrCreateSigningKey(path);
    expect((await stat(path)).mode & 0o7777).toBe(0o600);
    expect(await readdir(join(folder.path, 'keys'))).toEqual(['signing']);
    const loaded = await loadOrCreateSigningKey(path);
    expect(loaded.trustedSigners).toBe(made.trustedSigners);
    expect(made.trustedSigners).toMatch(/^ubugi namespaces="ubugi-drive" ssh-ed25519 AAAA[A-Za-z0-9+/=]+$/);
    expect(loaded.sign(Buffer.from('x'))).toBe(made.sign(Buffer.from('x')));
  });

  it('makes one key when many start at once', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'signing');
    const script = `
      import { loadOrCreateSigningKey } from ${JSON.stringify(join(import.meta.dirname, '../../server/drive/signing-key.ts'))};
      console.log((await loadOrCreateSigningKey(process.argv[1])).trustedSigners);`;
    const started = Array.from({ length: 4 }, () =>
      execa(process.execPath, ['--input-type=module', '-e', script, path], { timeout: 30_000 }),
    );
    const lines = (await Promise.all(started)).map((result) => result.stdout);
    expect(new Set([...lines, (await loadOrCreateSigningKey(path)).trustedSigners]).size).toBe(1);
    expect(await readdir(folder.path)).toEqual(['signing']);
  });

  it('refuses a key that others may read, and one that it cannot use, without showing it', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'signing');
    await loadOrCreateSigningKey(path);
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      await expect(loadOrCreateSigningKey(path)).rejects.toMatchObject({
        code: 'configuration-invalid',
        message: expect.stringContaining('chmod 600'),
      });
    }
    await chmod(path, 0o600);
    const link = join(folder.path, 'link');
    await symlink(path, link);
    expect(await loadOrCreateSigningKey(link)).toBeDefined();
    const text = await readFile(path, 'latin1');
    const secret = text.split('\n')[3] ?? '';
    await writeFile(path, text.replace('b3Bl', 'b3Bm'));
    const failure = loadOrCreateSigningKey(path);
    await expect(failure).rejects.toMatchObject({ code: 'configuration-invalid' });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining(secret) });
    await expect(loadOrCreateSigningKey(folder.path)).rejects.toMatchObject({
      message: expect.stringContaining(folder.path),
    });
  });
});
