import { cp, open, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import {
  createLauncherBench,
  INSTANCE,
  type LauncherBench,
  type LauncherRun,
  recordApplied,
  SHELLS,
} from './launcher-bench.ts';
import { makeImage, readState, renderManifest, signTree } from './plain-drive.ts';

let bench: LauncherBench;

beforeAll(async () => {
  bench = await createLauncherBench();
});

afterAll(() => bench.dispose());

afterEach(async () => {
  await rm(join(bench.root, 'var/lib/ubugi/applied.json'), { force: true });
  await rm(join(bench.root, 'run'), { recursive: true, force: true });
  await cp(bench.signer.trustedSignersPath, join(bench.root, 'etc/ubugi/trusted_signers'));
});

/** Flips one bit of the first occurrence of `marker` in the image. */
async function flipBit(image: string, marker: string): Promise<void> {
  const offset = (await readFile(image)).indexOf(marker);
  const file = await open(image, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, offset);
  await file.close();
}

/** Checks that a run was refused, left its record and changed nothing; gives what it said. */
async function refusal(run: LauncherRun, before: object): Promise<string> {
  expect(run.output).toContain('this machine stays as it was');
  expect(run).toMatchObject({ exitCode: 2, calls: [] });
  const refused = await readFile(join(bench.root, 'run/ubugi/refused'), 'utf8');
  const report: unknown = JSON.parse(await readFile(join(bench.root, 'run/ubugi/report.json'), 'utf8'));
  expect(report).toMatchObject({ outcome: 'refused', instance: INSTANCE, reason: refused.trimEnd() });
  expect(createValidators().agentReport(report)).toMatchObject({ kind: 'valid' });
  expect(run.output).toContain(refused.trimEnd());
  expect(await lastingState()).toEqual(before);
  return refused;
}

async function lastingState(): Promise<object> {
  return Object.fromEntries(
    Object.entries(await readState(bench.root)).filter(([path]) => !/^(run|proc|dev)(\/|$)/.test(path)),
  );
}

describe.each(SHELLS)('launcher in %s', (shell) => {
  const refused = async (image: string): Promise<string> => {
    const before = await lastingState();
    return refusal(await bench.run(shell, [image]), before);
  };

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

  test('without pinned signers says so and goes on', async () => {
    await rm(join(bench.root, 'etc/ubugi/trusted_signers'));
    const run = await bench.run(shell, [await bench.image({}, (tree) => signTree(tree, bench.otherSigner))]);
    expect(run.output).toContain('no signers are pinned');
    expect(run.calls).toEqual(['apply --drive /run/ubugi/drive/1 --offline']);
  });

  test('an empty or dangling list of signers refuses every drive', async () => {
    const image = await bench.image();
    const signers = join(bench.root, 'etc/ubugi/trusted_signers');
    await writeFile(signers, '');
    expect(await refused(image)).toMatch(/signature .* is not by a signer/);
    await rm(signers);
    await symlink('nowhere', signers);
    const run = await bench.run(shell, [image]);
    await rm(signers);
    expect(run).toMatchObject({ exitCode: 2, calls: [] });
  });

  test('refuses one flipped bit in a file', async () => {
    const image = await bench.image();
    await flipBit(image, 'bit-to-flip');
    expect(await refused(image)).toMatch(/ubugi\/guest\.json is missing or not as it was signed/);
  });

  test('refuses one flipped bit in the manifest', async () => {
    const image = await bench.image();
    await flipBit(image, '"generation": 3');
    expect(await refused(image)).toMatch(/signature .* is not by a signer/);
  });

  test('refuses an image that is cut', async () => {
    const image = await bench.image({ files: { 'ubugi/launch': 'x'.repeat(500_000) } });
    await truncate(image, (await stat(image)).size - 250 * 2048);
    expect(await refused(image)).toMatch(/cannot be read whole|not a whole ISO 9660 image/);
  });

  test('refuses another signer, another namespace, no signature and no manifest', async () => {
    expect(await refused(await bench.image({}, (tree) => signTree(tree, bench.otherSigner)))).toMatch(
      /not by a signer in \/etc\/ubugi\/trusted_signers/,
    );
    expect(await refused(await bench.image({}, (tree) => signTree(tree, bench.signer, 'file')))).toMatch(
      /not by a signer in \/etc\/ubugi\/trusted_signers/,
    );
    expect(await refused(await bench.image({}, (tree) => rm(join(tree, 'ubugi/manifest.sig'))))).toMatch(
      /it is not signed/,
    );
    expect(await refused(await bench.image({}, (tree) => rm(join(tree, 'ubugi/manifest.json'))))).toMatch(
      /not a drive of Ubugi/,
    );
  });

  test('refuses symbolic links, devices and pipes', async () => {
    const guest = (tree: string): string => join(tree, 'ubugi/guest.json');
    expect(
      await refused(
        await bench.image({}, async (tree) => {
          await rm(guest(tree));
          await symlink('/etc/shadow', guest(tree));
        }),
      ),
    ).toMatch(/ubugi\/guest\.json is neither a file nor a folder/);
    expect(
      await refused(
        await bench.image({}, (tree) => execa('mknod', [join(tree, 'ubugi/disk'), 'b', '7', '0'])),
      ),
    ).toMatch(/ubugi\/disk is neither a file nor a folder/);
    expect(await refused(await bench.image({}, (tree) => execa('mkfifo', [join(tree, '.hidden')])))).toMatch(
      /\.hidden is neither a file nor a folder/,
    );
  });

  test('refuses an unlisted file and a missing one', async () => {
    expect(await refused(await bench.image({}, (tree) => writeFile(join(tree, 'ubugi/extra'), 'x')))).toMatch(
      /ubugi\/extra is not in the signed manifest/,
    );
    expect(
      await refused(await bench.image({}, (tree) => rm(join(tree, 'openstack/latest/meta_data.json')))),
    ).toMatch(/openstack\/latest\/meta_data\.json is missing or not as it was signed/);
  });

  test('never prints a hostile file name', async () => {
    const before = await lastingState();
    const image = await bench.image({}, (tree) => writeFile(join(tree, 'x\u001b[2J\n"},\\'), 'x'));
    const run = await bench.run(shell, [image]);
    expect(run.output).not.toContain('\u001b');
    expect(await refusal(run, before)).toMatch(/a file with an unusual name is not in the signed manifest/);
  });

  test('refuses a signed path that leads out of the drive', async () => {
    const image = await bench.image({}, async (tree) => {
      const drive = { instance: INSTANCE, generation: 3, files: { '../../etc/passwd': 'x' } };
      await writeFile(join(tree, 'ubugi/manifest.json'), renderManifest(drive));
      await signTree(tree, bench.signer);
    });
    expect(await refused(image)).toMatch(/has a form that this launcher cannot read/);
  });

  test('refuses the drive of another instance', async () => {
    const other = '11111111-2222-4333-8444-555555555555';
    expect(await refused(await bench.image({ instance: other }))).toMatch(
      new RegExp(`for instance ${other}, this machine is`),
    );
  });

  test('refuses an older generation, takes the same and a newer one', async () => {
    await recordApplied(bench.root, 4);
    expect(await refused(await bench.image())).toMatch(/generation 3, older than generation 4/);
    for (const generation of [4, 5]) {
      expect((await bench.run(shell, [await bench.image({ generation })])).calls).toHaveLength(1);
    }
  });

  test('generations of another instance do not count: the machine was cloned', async () => {
    await recordApplied(bench.root, 9, '11111111-2222-4333-8444-555555555555');
    expect((await bench.run(shell, [await bench.image()])).calls).toHaveLength(1);
  });

  test('refuses every drive while the record of the last one is unreadable', async () => {
    await writeFile(join(bench.root, 'var/lib/ubugi/applied.json'), '{"inst');
    expect(await refused(await bench.image())).toMatch(/applied\.json cannot be read/);
  });

  test('refuses a drive after its time only', async () => {
    expect(await refused(await bench.image({ notAfter: '2026-01-02T03:04:05Z' }))).toMatch(
      /valid until 2026-01-02T03:04:05Z only/,
    );
    const image = await bench.image({ notAfter: '2999-01-02T03:04:05.5Z' });
    expect((await bench.run(shell, [image])).calls).toHaveLength(1);
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

  test('refuses what is not ISO 9660', async () => {
    const disk = join(bench.dir, 'tenant.img');
    await writeFile(disk, Buffer.alloc(1024 * 1024));
    await execa('mkfs.ext4', ['-q', '-F', '-L', 'config-2', disk]);
    expect(await refused(disk)).toMatch(/not a readable ISO 9660 image|not a drive of Ubugi/);
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
