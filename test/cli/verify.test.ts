import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleId } from '../drive/sample-generation.ts';
import { runUbugi } from './run-ubugi.ts';
import { buildSampleDrive, type SampleDrive } from './sample-drive.ts';

let folder: string;
let drive: SampleDrive;
let stranger: SampleDrive;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-verify-'));
  drive = await buildSampleDrive(folder, 'web-1');
  stranger = await buildSampleDrive(folder, 'stranger');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('ubugi verify', () => {
  it('shows what is on a drive that a trusted signer signed', async () => {
    const { stdout, stderr, exitCode } = await runUbugi(
      ['verify', drive.image, '--trusted-signers', drive.trustedSigners],
      { COLUMNS: '100' },
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`trusted by ${drive.trustedSigners}`);
    // What is on a drive beside the guest configuration is for the tests of the drive to say.
    const [summary = '', files = ''] = stdout.split('files on the drive\n');
    expect(files).toMatch(/^ +\d+ {2}ubugi\/launch$/m);
    expect(files).toMatch(/^ {2}\d+ files, \d+\.\d kB$/m);
    const steady = summary
      .replaceAll(folder, 'FOLDER')
      .replace(/SHA256:[A-Za-z0-9+/]{43}/, 'SHA256:FINGERPRINT')
      .replace(/payload {5}[0-9a-f]{64}/, 'payload     SHA-256');
    await expect(steady).toMatchFileSnapshot('golden/verify.txt');
  });

  it('says with --json all that it read', async () => {
    const { stdout } = await runUbugi([
      'verify',
      drive.image,
      '--trusted-signers',
      drive.trustedSigners,
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'valid',
      file: drive.image,
      trustedSigners: drive.trustedSigners,
      manifest: { instance: sampleId(1), generation: 3 },
      guest: { hostname: { name: 'web-1' } },
      signer: { trusted: true },
    });
  });

  it('says what a replay may follow', async () => {
    const replay = await buildSampleDrive(folder, 'replay', { supersedes: 7 });
    const { stdout, exitCode } = await runUbugi(['verify', replay.image], { COLUMNS: '100' });
    expect(stdout).toMatch(/^ *replay +may follow generations up to 7$/m);
    expect(exitCode).toBe(0);
  });

  it('warns where no signer is pinned, and exits with 0', async () => {
    const { stdout, stderr, exitCode } = await runUbugi(['verify', drive.image]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('not pinned');
    expect(stderr).toContain('warning: signer: not pinned');
  });

  it('refuses a drive that someone else signed', async () => {
    const args = ['verify', stranger.image, '--trusted-signers', drive.trustedSigners];
    const { stdout, stderr, exitCode } = await runUbugi(args);
    expect(exitCode).toBe(8);
    expect(stdout).toContain('refused: unknown-signer');
    expect(stderr).toContain('is not trusted');

    const json = await runUbugi([...args, '--json']);
    expect(json.exitCode).toBe(8);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'refused', reason: 'unknown-signer' });
  });

  it('refuses a drive with one flipped bit', async () => {
    const bytes = await readFile(drive.image);
    const at = bytes.indexOf('web-1 in Tokyo');
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const image = join(folder, 'flipped.iso');
    await writeFile(image, bytes);
    expect(await runUbugi(['verify', image, '--trusted-signers', drive.trustedSigners])).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining('ubugi/guest.json was changed'),
    });
  });

  it('refuses what is no drive', async () => {
    expect(await runUbugi(['verify', drive.trustedSigners])).toMatchObject({ exitCode: 8 });
  });

  it('names a file that is not there, and signers that are not valid', async () => {
    expect(await runUbugi(['verify', join(folder, 'none.iso')])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('none.iso (ENOENT)'),
    });
    const signers = join(folder, 'bad.signers');
    await writeFile(signers, '# ours\nubugi ssh-rsa AAAA\n');
    expect(await runUbugi(['verify', drive.image, '--trusted-signers', signers])).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining(`${signers}: line 2`),
    });
  });
});
