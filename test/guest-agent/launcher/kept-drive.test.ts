import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLauncherBench, INSTANCE, type LauncherBench, SHELLS } from './launcher-bench.ts';
import type { PlainDrive } from './plain-drive.ts';

const OTHER = '11111111-2222-4333-8444-555555555555';
const NO_WAIT = ['--wait', '0'] as const;
/** What the agent leaves out when it keeps a drive on x86_64. */
const LEFT_OUT = ['openstack', 'ubugi/agent/aarch64'] as const;

let bench: LauncherBench;

beforeAll(async () => {
  bench = await createLauncherBench();
  // Media labelled config-2 on this machine would be seen by every test that runs at the same time: blkid(8) is told what
  // to find instead.
  await rm(join(bench.dir, 'busybox/blkid'), { force: true });
  await mkdir(join(bench.dir, 'bin'));
  await writeFile(join(bench.dir, 'bin/blkid'), `#!/bin/sh\ncat ${bench.dir}/labelled\n`, { mode: 0o755 });
});

beforeEach(async () => {
  vi.stubEnv('PATH', `${join(bench.dir, 'bin')}:${process.env['PATH']}`);
  await offer();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(join(bench.root, 'var/lib/ubugi'), { recursive: true, force: true });
  await rm(join(bench.root, 'run'), { recursive: true, force: true });
  await mkdir(join(bench.root, 'var/lib/ubugi'));
});

afterAll(() => bench.dispose());

/** Attaches media labelled config-2. */
async function offer(...media: readonly string[]): Promise<void> {
  const lines = media.map((medium) => `${medium}: LABEL="config-2" TYPE="iso9660"\n`);
  await writeFile(join(bench.dir, 'labelled'), lines.join(''));
}

/** Leaves what the agent leaves after applying a drive. @param change tampers with the kept folder. */
async function keep(
  drive: Partial<PlainDrive> = {},
  change: (folder: string) => Promise<unknown> = async () => undefined,
): Promise<void> {
  await bench.image(drive, async (tree) => {
    const manifest = await readFile(join(tree, 'ubugi/manifest.json'));
    const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
    const folder = join(bench.root, 'var/lib/ubugi/drive', manifestSha256);
    await cp(tree, folder, { recursive: true });
    for (const path of LEFT_OUT) await rm(join(folder, path), { recursive: true });
    await execa('find', [folder, '-type', 'd', '-empty', '-delete']);
    await change(folder);
    const { instance = INSTANCE, generation = 3 } = drive;
    const applied = JSON.stringify({ instance, generation, manifestSha256 }, null, 2);
    await writeFile(join(bench.root, 'var/lib/ubugi/applied.json'), applied);
  });
}

const report = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(bench.root, 'run/ubugi/report.json'), 'utf8'));

/** What a run of the agent says that found nothing to do, or something. */
async function agentReports(outcome: 'unchanged' | 'applied'): Promise<void> {
  const resources = [{ resource: 'dns', outcome: 'unchanged' }];
  const text = JSON.stringify({ outcome, resources }, null, 2);
  const launch = `#!/bin/sh\ncat >/run/ubugi/report.json <<'END'\n${text}\nEND\necho "$@" >>/var/lib/ubugi/calls\n`;
  await keep({
    files: {
      'ubugi/guest.json': '{}',
      'ubugi/launch': launch,
      'openstack/x': '',
      'ubugi/agent/aarch64/x': '',
    },
  });
}

describe.each(SHELLS)('without a medium, in %s', (shell) => {
  const run = () => bench.run(shell, [], [...NO_WAIT, '--trigger', 'timer']);

  test('the kept drive is verified and applied', async () => {
    await keep();
    const { exitCode, calls, output } = await run();
    expect(calls).toEqual(['apply --drive /run/ubugi/drive/1 --verified --trigger timer --offline']);
    expect(output).toContain('the drive that was applied last is applied again');
    expect(exitCode).toBe(0);
  });

  test('a drive that may no longer be attached is still kept in force', async () => {
    await keep({ notAfter: '2026-01-02T03:04:05Z' });
    expect(await run()).toMatchObject({ exitCode: 0, calls: [expect.any(String)] });
  });

  test('nothing is applied where nothing is kept', async () => {
    expect(await run()).toMatchObject({ exitCode: 0, calls: [] });
  });

  test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    [
      'guest.json was changed',
      (folder) => writeFile(join(folder, 'ubugi/guest.json'), '{}'),
      /guest\.json is missing or not as/,
    ],
    [
      'guest.json is gone',
      (folder) => rm(join(folder, 'ubugi/guest.json')),
      /guest\.json is missing or not as/,
    ],
    ['launch is gone', (folder) => rm(join(folder, 'ubugi/launch')), /launch is missing or not as/],
    [
      'agent was changed',
      (folder) => writeFile(join(folder, 'ubugi/agent/x86_64/ubugi-agent'), ''),
      /ubugi-agent is missing or not as/,
    ],
    ['signature is gone', (folder) => rm(join(folder, 'ubugi/manifest.sig')), /it is not signed/],
    [
      'folder holds more',
      (folder) => writeFile(join(folder, 'ubugi/more'), ''),
      /ubugi\/more is not in the signed manifest/,
    ],
  ])('a kept drive whose %s is refused', async (_what, change, reason) => {
    await keep({}, change);
    expect(await run()).toMatchObject({
      exitCode: 2,
      calls: [],
      output: expect.stringMatching(reason) as string,
    });
  });

  test('a clone leaves the drive of the machine that it was made from alone', async () => {
    await keep({ instance: OTHER });
    expect(await run()).toMatchObject({ exitCode: 0, calls: [] });
  });
});

describe.each(SHELLS)('with media, in %s', (shell) => {
  const run = () => bench.run(shell, [], NO_WAIT);

  test('a good one is used and the kept one is not looked at', async () => {
    await keep({}, (folder) => rm(join(folder, 'ubugi/guest.json')));
    await offer(await bench.image({ generation: 4 }));
    const { exitCode, calls, output } = await run();
    expect({ exitCode, calls }).toEqual({
      exitCode: 0,
      calls: ['apply --drive /run/ubugi/drive/1 --verified --offline'],
    });
    expect(output).not.toContain('refused');
  });

  test("a tenant's does not keep the kept drive from being applied, and its refusal is what is reported", async () => {
    const tenants = await bench.image({ instance: OTHER });
    await offer(tenants);
    await agentReports('unchanged');
    const { exitCode, calls, output } = await run();
    expect(calls).toHaveLength(1);
    expect(exitCode).toBe(2);
    expect(output).toContain('no drive was accepted: this machine stays as it was');
    expect(await report()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining(OTHER) as string,
    });
    expect(await readFile(join(bench.root, 'run/ubugi/refused'), 'utf8')).toContain(tenants);
  });

  test('what had to be put right meanwhile is reported instead', async () => {
    await offer(await bench.image({ instance: OTHER }));
    await agentReports('applied');
    expect(await run()).toMatchObject({ exitCode: 2, calls: [expect.any(String)] });
    expect(await report()).toMatchObject({ outcome: 'applied' });
  });
});
