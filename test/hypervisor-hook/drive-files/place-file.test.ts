import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeDrive } from '../../../hypervisor-hook/drive-files/place-drive.ts';
import { placeFile } from '../../../hypervisor-hook/drive-files/place-file.ts';

const ownership = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o640 };

describe('placing a file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-place-'));
    path = join(folder, 'disk.config');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('writes it whole and leaves nothing beside it', async () => {
    await placeFile(path, Buffer.from('new'), ownership);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['disk.config']);
  });

  it('replaces a link and does not follow it', async () => {
    const precious = join(folder, 'precious');
    await writeFile(precious, 'precious');
    await symlink(precious, path);
    await placeFile(path, Buffer.from('new'), ownership);
    expect(await readFile(precious, 'utf8')).toBe('precious');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('removes what a killed writer left behind, and not what a living one writes', async () => {
    const abandoned = join(folder, '.disk.config.ubugi-0123456789abcdef');
    const living = join(folder, '.disk.config.ubugi-fedcba9876543210');
    const foreign = join(folder, '.other.ubugi-0123456789abcdef');
    for (const file of [abandoned, living, foreign]) await writeFile(file, 'half');
    const hourAgo = Date.now() / 1000 - 3600;
    for (const file of [abandoned, foreign]) await utimes(file, hourAgo, hourAgo);
    await placeFile(path, Buffer.from('new'), ownership);
    expect((await readdir(folder)).sort()).toEqual([
      '.disk.config.ubugi-fedcba9876543210',
      '.other.ubugi-0123456789abcdef',
      'disk.config',
    ]);
  });

  it('says why a drive cannot be placed', async () => {
    const absent = join(folder, 'absent', 'disk.config');
    expect(await placeDrive(absent, Buffer.from('x'))).toBe(
      `${absent} cannot be written (ENOENT: its folder does not exist)`,
    );
  });

  it('keeps the permissions of the drive that it replaces, and makes a new one readable by the group', async () => {
    await placeDrive(path, Buffer.from('first'));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    await writeFile(join(folder, 'other'), '', { mode: 0o600 });
    await placeDrive(join(folder, 'other'), Buffer.from('second'));
    expect((await stat(join(folder, 'other'))).mode & 0o777).toBe(0o600);
  });
});
