import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSecretFile, readPassword } from '../../server/config/secret-file.ts';
import { scratchFolder, writeFiles } from './scratch-folder.ts';

describe('a secret file', () => {
  it('is read when only its owner can read it, also through a link', async () => {
    const folder = writeFiles(scratchFolder(), { secret: 'kitsune\n' });
    symlinkSync('secret', join(folder, 'link'));
    expect(await openSecretFile(join(folder, 'link'))).toEqual({ kind: 'read', content: 'kitsune\n' });
    expect(await readPassword(join(folder, 'link'))).toBe('kitsune');
  });

  it.each([0o604, 0o620, 0o666, 0o602])('is refused with mode %o', async (mode) => {
    const folder = writeFiles(scratchFolder(), { secret: 'kitsune' });
    chmodSync(join(folder, 'secret'), mode);
    expect(await openSecretFile(join(folder, 'secret'))).toMatchObject({
      kind: 'refused',
      problem: { remedy: expect.stringContaining('chmod') },
    });
  });

  it('is refused when it is a folder, absent, empty or far too large', async () => {
    const folder = writeFiles(scratchFolder(), { empty: '', large: 'x'.repeat(70_000) });
    mkdirSync(join(folder, 'folder'));
    const kinds = await Promise.all(
      ['folder', 'absent', 'empty', 'large'].map((name) => openSecretFile(join(folder, name))),
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused', 'refused']);
  });

  it('never shows its content in an error', async () => {
    const folder = writeFiles(scratchFolder(), { secret: 'kitsune\nsecond line\n' });
    await expect(readPassword(join(folder, 'secret'))).rejects.toMatchObject({
      code: 'configuration-invalid',
      message: expect.not.stringContaining('kitsune'),
    });
  });
});
