import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../server/drive/payload.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('readPayload', () => {
  it('reads launcher entry point and agents, and hashes them as sha256sum does', async () => {
    await using folder = await temporaryFolder();
    for (const architecture of ['x86_64', 'aarch64']) {
      await mkdir(join(folder.path, 'agent', architecture), { recursive: true });
      await writeFile(join(folder.path, 'agent', architecture, 'ubugi-agent'), architecture);
    }
    await writeFile(join(folder.path, 'launch'), '#!/bin/sh\n');
    const payload = await readPayload(folder.path);
    expect(payload.files.map((file) => [file.path, file.executable, file.content.toString()])).toEqual([
      ['ubugi/agent/aarch64/ubugi-agent', true, 'aarch64'],
      ['ubugi/agent/x86_64/ubugi-agent', true, 'x86_64'],
      ['ubugi/launch', true, '#!/bin/sh\n'],
    ]);
    await mkdir(join(folder.path, 'drive'));
    await execa('ln', ['-s', '..', join(folder.path, 'drive/ubugi')]);
    const sums = await execa(
      'sha256sum',
      payload.files.map((file) => file.path),
      { cwd: join(folder.path, 'drive') },
    );
    const sum = await execa('sha256sum', [], { input: `${sums.stdout}\n` });
    expect(sum.stdout.split(' ')[0]).toBe(payload.sha256);
  });

  it('says how to make a payload that is missing or not complete', async () => {
    await using folder = await temporaryFolder();
    for (const path of [folder.path, join(folder.path, 'none')]) {
      await expect(readPayload(path)).rejects.toMatchObject({
        code: 'configuration-invalid',
        message: expect.stringMatching(/not complete: build it with `node guest-agent\/build.ts`/),
      });
    }
    await mkdir(join(folder.path, 'agent'));
    await expect(readPayload(folder.path)).rejects.toMatchObject({ code: 'configuration-invalid' });
  });
});
