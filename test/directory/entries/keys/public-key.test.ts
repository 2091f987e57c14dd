import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { parsePublicKey } from '../../../../server/directory/entries/keys/public-key.ts';
import { ecdsaLine, ed25519Line, keyBlob, rsaLine, wireString } from '../../../harness/ssh-keys.ts';

const good = ed25519Line('alice@example.com');
const blob = good.split(' ')[1] ?? '';
const zeros = Buffer.alloc(32);

function sk(application: string): string {
  const type = 'sk-ssh-ed25519@openssh.com';
  const point = Buffer.from(blob, 'base64').subarray(-32);
  return `${type} ${keyBlob(type, wireString(point), wireString(application))}`;
}

describe('accepts', () => {
  test.each([
    ['Ed25519', good],
    ['RSA 2048', rsaLine(2048)],
    ['RSA 3072 with exponent 3', rsaLine(3072, 3)],
    ['P-256', ecdsaLine('nistp256')],
    ['P-384', ecdsaLine('nistp384')],
    ['P-521', ecdsaLine('nistp521')],
    ['a security key', sk('ssh:')],
  ])('%s', (_name, line) => {
    const [type, key] = line.split(' ');
    expect(parsePublicKey(line)).toMatchObject({ kind: 'ok', value: { type, key } });
  });

  test('and keeps a plain comment', () => {
    expect(parsePublicKey(good)).toMatchObject({ value: { comment: 'alice@example.com' } });
  });

  test.each(['two words', 'ü', 'a'.repeat(129), '$(id)', ' '])('and drops the comment %j', (comment) => {
    const parsed = parsePublicKey(`ssh-ed25519 ${blob} ${comment}`);
    expect(parsed.kind === 'ok' && parsed.value).toEqual({ type: 'ssh-ed25519', key: blob });
  });
});

describe('refuses', () => {
  const point = Buffer.from(blob, 'base64').subarray(-32);
  test.each([
    ['nothing', '', 'not a public key'],
    ['an option', `command="/bin/sh" ${good}`, 'not a public key'],
    ['an option without blanks', `cert-authority ${good}`, 'not a public key'],
    ['an option that looks like a type', `restrict ${blob}`, 'options or an unknown key type'],
    ['two lines', `${good}\n${good}`, 'not a public key'],
    ['a newline at the end', `${good}\n`, 'not a public key'],
    ['a carriage return', `${good}\r`, 'not a public key'],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=', 'private key'],
    ['RSA 1024', rsaLine(1024), '1024 bits'],
    ['DSA', `ssh-dss ${keyBlob('ssh-dss', wireString(zeros))}`, 'DSA'],
    ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${blob}`, 'certificate'],
    ['another type inside', `ssh-rsa ${blob}`, 'another type'],
    [
      'bytes after the key',
      `ssh-ed25519 ${keyBlob('ssh-ed25519', wireString(point), wireString('x'))}`,
      'more bytes',
    ],
    [
      'a short key',
      `ssh-ed25519 ${keyBlob('ssh-ed25519', wireString(point.subarray(1)))}`,
      'not a well-formed',
    ],
    [
      'a cut key',
      `ssh-ed25519 ${Buffer.from(blob, 'base64').subarray(0, -3).toString('base64')}`,
      'not a well-formed',
    ],
    ['a key of small order', `ssh-ed25519 ${keyBlob('ssh-ed25519', wireString(zeros))}`, 'anybody can sign'],
    ['base64 in another form', `ssh-ed25519 ${blob.slice(0, -1)}`, 'not proper base64'],
    [
      'a point off the curve',
      ecdsaLine('nistp256', (bytes) =>
        Buffer.concat([bytes.subarray(0, 64), Buffer.from([(bytes[64] ?? 0) ^ 1])]),
      ),
      'not on its curve',
    ],
    [
      'a compressed point',
      ecdsaLine('nistp256', (bytes) => Buffer.concat([Buffer.from([2]), bytes.subarray(1, 33)])),
      'not a well-formed',
    ],
    [
      'an RSA key with an even exponent',
      `ssh-rsa ${keyBlob('ssh-rsa', wireString(Buffer.from([4])), wireString(Buffer.alloc(257, 0x7f)))}`,
      'bad exponent',
    ],
    [
      'an RSA key with exponent 1',
      `ssh-rsa ${keyBlob('ssh-rsa', wireString(Buffer.from([1])), wireString(Buffer.alloc(257, 0x7f)))}`,
      'bad exponent',
    ],
    [
      'a negative modulus',
      `ssh-rsa ${keyBlob('ssh-rsa', wireString(Buffer.from([3])), wireString(Buffer.alloc(256, 0xff)))}`,
      'not a well-formed',
    ],
    [
      'a padded modulus',
      `ssh-rsa ${keyBlob('ssh-rsa', wireString(Buffer.from([3])), wireString(Buffer.concat([Buffer.alloc(128), Buffer.alloc(128, 0x7f)])))}`,
      'not a well-formed',
    ],
    ['a security key for the web', sk('https://example.com'), 'unknown application'],
  ])('%s', (_name, line, why) => {
    expect(parsePublicKey(line)).toMatchObject({ kind: 'refused', message: expect.stringContaining(why) });
  });
});

test('what it accepts is valid by the schema and gives the same line again', () => {
  const validate = createValidators().common('publicKey');
  const mutated = fc
    .tuple(fc.nat(good.length), fc.nat(4), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([at, cut, text]) => good.slice(0, at) + text + good.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' })), (line) => {
      const parsed = parsePublicKey(line);
      if (parsed.kind === 'refused') return;
      expect(validate(parsed.value).kind).toBe('valid');
      expect(line.startsWith(`${parsed.value.type} ${parsed.value.key}`)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
