import { cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLauncherBench, INSTANCE, type LauncherBench, SHELLS } from './launcher-bench.ts';
import { makeImage, signTree } from './plain-drive.ts';
import { expectRefusal, lastingState } from './refusal.ts';

let bench: LauncherBench;

beforeAll(async () => {
  bench = await createLauncherBench();
});

afterAll(() => bench.dispose());

afterEach(async () => {
  await rm(join(bench.root, 'var/lib/ubugi/applied.json'), { force: true });
  for (const folder of ['run', 'etc/cloud']) {
    await rm(join(bench.root, folder), { recursive: true, force: true });
  }
  await cp(bench.signer.trustedSignersPath, join(bench.root, 'etc/ubugi/trusted_signers'));
});

describe.each(SHELLS)('launcher in %s', (shell) => {
  test('starts the agent from a genuine drive and leaves nothing mounted', async () => {
    const run = await bench.run(shell, [await bench.image()]);
    expect(run.output).toContain(`generation 3 for instance ${INSTANCE}: starting`);
    expect(run.calls).toEqual(['apply --drive /run/ubugi/drive/1 --verified --offline']);
    expect(run.exitCode).toBe(0);
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(bench.dir);
    expect((await execa('losetup', ['-a'])).stdout).not.toContain(bench.dir);
    expect((await stat(join(bench.root, 'run/ubugi/handled'))).size).toBe(0);
  });

  test("passes the agent's exit status on", async () => {
    const status = join(bench.root, 'var/lib/ubugi/exit-status');
    await writeFile(status, '1\n');
    const run = await bench.run(shell, [await bench.image()]);
    await rm(status);
    expect(run.exitCode).toBe(1);
  });

  test('takes a folder as a medium', async () => {
    await bench.image({}, async (tree) => {
      expect((await bench.run(shell, [tree])).calls).toHaveLength(1);
    });
  });

  test('accepts the UUID in upper case', async () => {
    const run = await bench.run(shell, [await bench.image()], ['--instance', INSTANCE.toUpperCase()]);
    expect(run.calls).toHaveLength(1);
  });

  test('says so where cloud-init beside it is not kept from other media', async () => {
    const image = await bench.image();
    const warning = 'cloud-init takes what any medium says';
    expect((await bench.run(shell, [image])).output).not.toContain(warning);
    await mkdir(join(bench.root, 'etc/cloud/cloud.cfg.d'), { recursive: true });
    await writeFile(join(bench.root, 'etc/cloud/cloud.cfg'), '');
    expect((await bench.run(shell, [image])).output).toContain(warning);
    await writeFile(join(bench.root, 'etc/cloud/cloud.cfg.d/zz-ubugi.cfg'), '');
    expect((await bench.run(shell, [image])).output).not.toContain(warning);
  });

  test('without pinned signers says so and goes on', async () => {
    await rm(join(bench.root, 'etc/ubugi/trusted_signers'));
    const run = await bench.run(shell, [await bench.image({}, (tree) => signTree(tree, bench.otherSigner))]);
    expect(run.output).toContain('no signers are pinned');
    expect(run.calls).toEqual(['apply --drive /run/ubugi/drive/1 --offline']);
  });

  test('never prints a hostile file name', async () => {
    const before = await lastingState(bench);
    const image = await bench.image({}, (tree) => writeFile(join(tree, 'x\u001b[2J\n"},\\'), 'x'));
    const run = await bench.run(shell, [image]);
    expect(run.output).not.toContain('\u001b');
    expect(await expectRefusal(bench, run, before)).toMatch(
      /a file with an unusual name is not in the signed manifest/,
    );
  });

  test("a tenant's medium with our label is reported and never used", async () => {
    const good = await bench.image();
    const evil = await bench.image({ generation: 99 }, (tree) => signTree(tree, bench.otherSigner));
    for (const media of [
      [evil, good],
      [good, evil],
    ]) {
      const run = await bench.run(shell, media);
      expect(run.output).toContain(`refused ${evil}: the signature`);
      expect(run.calls).toEqual([
        `apply --drive /run/ubugi/drive/${media.indexOf(good) + 1} --verified --offline`,
      ]);
      expect(await readFile(join(bench.root, 'run/ubugi/refused'), 'utf8')).toContain(evil);
    }
  });

  test("a tenant's medium cannot take the room that the genuine one needs", async () => {
    const large = join(bench.dir, 'large');
    await execa('mkdir', ['-p', large]);
    await writeFile(join(large, 'data'), Buffer.alloc(120 * 1024 * 1024));
    const run = await bench.run(shell, [large, large, await bench.image()]);
    expect(run.calls).toEqual(['apply --drive /run/ubugi/drive/3 --verified --offline']);
  });

  test('of two genuine drives the newer one is used', async () => {
    const older = await bench.image({ generation: 2 });
    const newer = await bench.image();
    for (const media of [
      [older, newer],
      [newer, older],
    ]) {
      const run = await bench.run(shell, media);
      expect(run.calls).toEqual([
        `apply --drive /run/ubugi/drive/${media.indexOf(newer) + 1} --verified --offline`,
      ]);
      expect(run.output).toContain(`refused ${older}: generation 3 on another medium`);
    }
  });

  test('of a replay and the drives that it may follow the replay is used', async () => {
    const newest = await bench.image({ generation: 7 });
    const replay = await bench.image({ generation: 2, supersedes: 7 });
    const newer = await bench.image({ generation: 8 });
    for (const [first, second, wanted] of [
      [newest, replay, 2],
      [replay, newest, 1],
      [replay, newer, 2],
      [newer, replay, 1],
    ] as const) {
      const run = await bench.run(shell, [first, second]);
      expect(run.calls).toEqual([`apply --drive /run/ubugi/drive/${wanted} --verified --offline`]);
    }
  });

  test('says so where its clock stands before the drive was made', async () => {
    const times = { issuedAt: '2998-01-02T03:04:05.678Z', notAfter: '2999-01-02T03:04:05Z' };
    const run = await bench.run(shell, [await bench.image(times)]);
    expect(run.output).toContain("this machine's clock is wrong");
    expect(run.calls).toHaveLength(1);
  });

  test('a refusal is forgotten at the next success', async () => {
    await bench.run(shell, [await bench.image({ instance: '11111111-2222-4333-8444-555555555555' })]);
    await bench.run(shell, [await bench.image()]);
    await expect(stat(join(bench.root, 'run/ubugi/refused'))).rejects.toThrow('ENOENT');
    await expect(stat(join(bench.root, 'run/ubugi/report.json'))).rejects.toThrow('ENOENT');
  });

  test('refuses a root whose folders lead out of it, and unknown arguments', async () => {
    const image = await bench.image();
    await symlink('/tmp', join(bench.root, 'run'));
    expect(await bench.run(shell, [image])).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('run is a symbolic link') as string,
    });
    await rm(join(bench.root, 'run'));
    for (const options of [['--medium'], ['--wat', '1'], ['--wait', 'x'], ['--instance', '../x']]) {
      expect(await bench.run(shell, [image], options)).toMatchObject({ exitCode: 2, calls: [] });
    }
  });

  test('runs at the same time wait for each other', async () => {
    const image = await bench.image();
    const runs = await Promise.all([bench.run(shell, [image]), bench.run(shell, [image])]);
    expect(runs.map((run) => run.exitCode)).toEqual([0, 0]);
  });
});

test('a drive built twice from one tree is taken from either image', async () => {
  const tree = join(bench.dir, 'twice');
  await bench.image({}, (made) => cp(made, tree, { recursive: true }));
  const image = join(bench.dir, 'twice.iso');
  await makeImage(tree, image);
  expect((await bench.run('dash', [image])).calls).toHaveLength(1);
});
