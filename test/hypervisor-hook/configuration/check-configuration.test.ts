import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfiguration } from '../../../hypervisor-hook/configuration/check-configuration.ts';
import { loadConfiguration } from '../../../hypervisor-hook/configuration/load-configuration.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../../schemas/validation/yaml-document.ts';
import { createDriveMaker } from '../../harness/signed-drive.ts';

const validator = createValidators().hypervisorConfiguration;

describe("the hypervisor's configuration", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-configuration-'));
    file = join(folder, 'hypervisor.yaml');
    await mkdir(join(folder, 'drives'));
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, 'token'), 'ubugi_secret\n', { mode: 0o600 });
    await writeFile(join(folder, 'trusted_signers'), (await createDriveMaker(folder)).trustedSigners);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function problems(text: string): Promise<readonly string[]> {
    await writeFile(file, text);
    const reading = await loadConfiguration(file, validator);
    return (await checkConfiguration(reading, file)).map(formatFileProblem);
  }

  const good = `server:
  url: https://ubugi.example.net:8443
  tokenFile: token
trustedSigners: trusted_signers
stateFolder: state
driveFolder: drives
`;

  it('is good', async () => {
    expect(await problems(good)).toEqual([]);
  });

  it('has its paths relative to its folder, and its defaults', async () => {
    await writeFile(file, 'server: { url: "http://[::1]:80", tokenFile: t }\ntrustedSigners: /s\n');
    expect(await loadConfiguration(file, validator)).toMatchObject({
      kind: 'valid',
      configuration: {
        server: { tokenFile: join(folder, 't'), caFile: undefined },
        trustedSigners: '/s',
        stateFolder: '/var/lib/ubugi-hypervisor',
        driveFolder: '/var/lib/ubugi/drives',
        onMissing: 'refuse',
        deadlineMs: 10_000,
        lastKnownGoodMs: 7 * 86_400_000,
      },
    });
  });

  it('names every problem at once, with line, pointer and remedy', async () => {
    const found = await problems('server:\n  url: ftp://x\nonMissing: maybe\ndeadlineSeconds: 0\nextra: 1\n');
    expect(found).toHaveLength(6);
    expect(found.every((line) => /^\/.*hypervisor\.yaml:\d+: .+; .+$/.test(line))).toBe(true);
    expect(found).toContainEqual(
      expect.stringMatching(/:3: \/onMissing is not one of .*; use one of refuse, allow/),
    );
  });

  it.each([
    ['http://metadata:8080', /:2: \/server\/url is plain http to another host; use https/],
    ['http://127.0.0.1.example.net', /plain http to another host/],
    ['https://[', /\/server\/url is not a URL/],
  ])('refuses the URL %s', async (url, problem) => {
    expect(await problems(good.replace('https://ubugi.example.net:8443', `"${url}"`))).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'token open to all',
      () => chmod(join(folder, 'token'), 0o644),
      /:3: \/server\/tokenFile .*open to every user: run chmod/,
    ],
    ['no token', () => writeFile(join(folder, 'token'), '\n'), /\/server\/tokenFile .*holds no token/],
    ['token of two lines', () => writeFile(join(folder, 'token'), 'a\nb\n'), /holds no token/],
    ['no signers', () => rm(join(folder, 'trusted_signers')), /:4: \/trustedSigners .*does not exist/],
    [
      'wrong signers',
      () => writeFile(join(folder, 'trusted_signers'), '\nubugi ssh-rsa AAAA\n'),
      /wrong in line 2: /,
    ],
    [
      'no drive folder',
      () => rm(join(folder, 'drives'), { recursive: true }),
      /:6: \/driveFolder .*does not exist/,
    ],
    [
      'a state folder open to all',
      () => chmod(join(folder, 'state'), 0o777),
      /\/stateFolder .*written by every user/,
    ],
  ])('names a file that cannot be used: %s', async (_name, spoil, problem) => {
    await spoil();
    const found = await problems(good);
    expect(found).toEqual([expect.stringMatching(problem)]);
    expect(found.join()).not.toContain('ubugi_secret');
  });

  it('names a CA file without a certificate', async () => {
    const withCa = good.replace('  tokenFile', '  caFile: token\n  tokenFile');
    expect(await problems(withCa)).toEqual([
      expect.stringMatching(/:3: \/server\/caFile .*no certificate in PEM/),
    ]);
  });

  it('says where it looked', async () => {
    const reading = await loadConfiguration(join(folder, 'absent.yaml'), validator);
    expect((await checkConfiguration(reading, file)).map(formatFileProblem)).toEqual([
      expect.stringMatching(/absent\.yaml:1: the file does not exist; put the configuration there/),
    ]);
  });
});
