import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSigner, parseAllowedSigners } from '../../../schemas/drive-format/allowed-signers.ts';
import { sshPublicKeyBlob } from '../../../schemas/drive-format/ed25519-key.ts';
import { signSshsig } from '../../../schemas/drive-format/sshsig.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const publicKey = sshPublicKeyBlob(privateKey);
const base64 = publicKey.toString('base64');

describe('parseAllowedSigners', () => {
  it('reads principals, options and keys, and skips comments', () => {
    const text = [
      '# drives',
      '',
      `ubugi namespaces="ubugi-drive" ssh-ed25519 ${base64} a comment`,
      `"one,t*" namespaces="a,b",valid-after="20260102",valid-before="20270102030405Z" ssh-ed25519 ${base64}\r`,
    ].join('\n');
    expect(parseAllowedSigners(text)).toEqual({
      kind: 'valid',
      signers: [
        {
          principals: ['ubugi'],
          namespaces: ['ubugi-drive'],
          validAfter: undefined,
          validBefore: undefined,
          publicKey,
        },
        {
          principals: ['one', 't*'],
          namespaces: ['a', 'b'],
          validAfter: new Date(2026, 0, 2),
          validBefore: new Date('2027-01-02T03:04:05Z'),
          publicKey,
        },
      ],
    });
  });

  it.each([
    [`ubugi cert-authority ssh-ed25519 ${base64}`, 'cert-authority'],
    [`ubugi namespaces="x",cert-authority ssh-ed25519 ${base64}`, 'cert-authority'],
    [`ubugi no-touch ssh-ed25519 ${base64}`, 'option'],
    [`ubugi valid-after="20261402" ssh-ed25519 ${base64}`, 'valid-after'],
    [`ubugi ssh-rsa ${base64}`, 'ssh-ed25519'],
    [`ubugi ssh-ed25519 ${base64.slice(4)}`, 'base64'],
    [`ubugi ssh-ed25519 !${base64}`, 'base64'],
    ['ubugi', 'a line is'],
    [`"ubugi ssh-ed25519 ${base64}`, 'quotation mark'],
  ])('names the line and what is wrong: %s', (line, message) => {
    expect(parseAllowedSigners(`# first\n${line}\n`)).toEqual({
      kind: 'invalid',
      problems: [{ line: 2, message: expect.stringContaining(message) }],
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '"', ',', '=', ' ', '*', 'ssh-ed25519', base64, '\n', '#') }),
        (text) => {
          expect(['valid', 'invalid']).toContain(parseAllowedSigners(text).kind);
        },
      ),
    );
  });
});

describe('findSigner agrees with ssh-keygen', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-signers-'));
    await writeFile(join(folder, 'sig'), signSshsig(privateKey, 'ubugi-drive', Buffer.from('message')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    'ubugi',
    'other',
    'ub*',
    '*',
    'u?ugi',
    '*,!ubugi',
    '!ubugi,*',
    'other,ubugi',
    'ubugi namespaces="ubugi-drive"',
    'ubugi namespaces="file"',
    'ubugi namespaces="file,ubugi-*"',
    'ubugi namespaces="*,!ubugi-drive"',
    'ubugi valid-after="20200101Z"',
    'ubugi valid-after="20990101Z"',
    'ubugi valid-before="20200101"',
    'ubugi valid-before="209901010000"',
    'ubugi valid-after="20200101",valid-before="20990101",namespaces="ubugi-drive"',
  ])('%s', async (who) => {
    const line = `${who} ssh-ed25519 ${base64}\n`;
    const path = join(folder, 'signers');
    await writeFile(path, line);
    const args = ['-Y', 'verify', '-I', 'ubugi', '-n', 'ubugi-drive', '-f', path, '-s', join(folder, 'sig')];
    const keygen = await execa('ssh-keygen', args, { input: 'message', reject: false, timeout: 10_000 });
    const parsed = parseAllowedSigners(line);
    expect(parsed.kind).toBe('valid');
    const wanted = { publicKey, principal: 'ubugi', namespace: 'ubugi-drive', now: new Date() };
    const found = parsed.kind === 'valid' && findSigner(parsed.signers, wanted) !== undefined;
    expect(found).toBe(keygen.exitCode === 0);
  });

  it('matches patterns of many stars in bounded time', () => {
    const parsed = parseAllowedSigners(`${'*a'.repeat(200)}b ssh-ed25519 ${base64}`);
    const wanted = { publicKey, principal: 'a'.repeat(500), namespace: 'n', now: new Date() };
    expect(parsed.kind === 'valid' && findSigner(parsed.signers, wanted)).toBeUndefined();
  });
});
