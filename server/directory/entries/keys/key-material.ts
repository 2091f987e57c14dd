import { createPublicKey } from 'node:crypto';
import type { PublicKey } from '../../../../schemas/types/common.ts';
import { bitLength, type SshWireReader } from './ssh-wire.ts';

/** Checks what follows the type in a key blob; answers why it is refused. */
type MaterialCheck = (reader: SshWireReader) => string | undefined;

const curves = {
  nistp256: { jwk: 'P-256', bytes: 32 },
  nistp384: { jwk: 'P-384', bytes: 48 },
  nistp521: { jwk: 'P-521', bytes: 66 },
} as const;

/**
 * y coordinates (little endian, sign bit cleared) of the points of small order on edwards25519, canonical or not.
 * For such a "key" anybody can make signatures that verify.
 */
const smallOrder: ReadonlySet<string> = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Key material by type: RFC 4253 section 6.6 (RSA), RFC 5656 section 3.1, RFC 8709 section 4, PROTOCOL.u2f. */
export const materialChecks: Readonly<Record<PublicKey['type'], MaterialCheck>> = {
  'ssh-rsa': rsa,
  'ssh-ed25519': ed25519,
  'sk-ssh-ed25519@openssh.com': (reader) => ed25519(reader) ?? application(reader),
  'ecdsa-sha2-nistp256': (reader) => ecdsa(reader, 'nistp256'),
  'ecdsa-sha2-nistp384': (reader) => ecdsa(reader, 'nistp384'),
  'ecdsa-sha2-nistp521': (reader) => ecdsa(reader, 'nistp521'),
  'sk-ecdsa-sha2-nistp256@openssh.com': (reader) => ecdsa(reader, 'nistp256') ?? application(reader),
};

function rsa(reader: SshWireReader): string | undefined {
  const exponent = reader.positiveInteger();
  const modulus = reader.positiveInteger();
  if (exponent === undefined || modulus === undefined) return 'is not a well-formed RSA key';
  const bits = bitLength(modulus);
  if (bits < 2048) return `is an RSA key of ${bits} bits, fewer than 2048`;
  if (bits > 16_384) return `is an RSA key of ${bits} bits, more than 16384 (the most that OpenSSH takes)`;
  const isOdd = (number: Buffer): boolean => ((number.at(-1) ?? 0) & 1) === 1;
  const exponentBits = bitLength(exponent);
  if (!isOdd(exponent) || exponentBits < 2 || exponentBits > 64) return 'is an RSA key with a bad exponent';
  return isOdd(modulus) ? undefined : 'is an RSA key with a bad modulus';
}

function ed25519(reader: SshWireReader): string | undefined {
  const point = reader.string();
  if (point?.length !== 32) return 'is not a well-formed Ed25519 key';
  const y = Buffer.from(point);
  y.writeUInt8((y[31] ?? 0) & 0x7f, 31);
  return smallOrder.has(y.toString('hex')) ? 'is an Ed25519 key that anybody can sign for' : undefined;
}

function ecdsa(reader: SshWireReader, name: keyof typeof curves): string | undefined {
  const { jwk, bytes } = curves[name];
  const curve = reader.string();
  const point = reader.string();
  if (curve?.toString('latin1') !== name) return 'names another curve than its type';
  if (point?.length !== 1 + 2 * bytes || point[0] !== 4) return 'is not a well-formed ECDSA key';
  try {
    createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: jwk,
        x: point.subarray(1, 1 + bytes).toString('base64url'),
        y: point.subarray(1 + bytes).toString('base64url'),
      },
    });
    return undefined;
  } catch {
    return 'is an ECDSA key whose point is not on its curve';
  }
}

/** The relying party of a security key; OpenSSH makes `ssh:` or one that begins so. */
function application(reader: SshWireReader): string | undefined {
  const text = reader.string()?.toString('latin1') ?? '';
  return /^ssh:[\x21-\x7e]{0,128}$/.test(text) ? undefined : 'is a security key with an unknown application';
}
