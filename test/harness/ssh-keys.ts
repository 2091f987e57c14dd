import { generateKeyPairSync } from 'node:crypto';

/** A `string` as RFC 4251 has it. */
export function wireString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** An integer as RFC 4251 has it. */
function wireInteger(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** A key blob in base64 from its type and parts that are wire types already. */
export function keyBlob(type: string, ...parts: readonly Buffer[]): string {
  return Buffer.concat([wireString(type), ...parts]).toString('base64');
}

/** A new Ed25519 public key in one line; its private half is thrown away. */
export function ed25519Line(comment = 'test@example.com'): string {
  const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const blob = keyBlob('ssh-ed25519', wireString(Buffer.from(jwk.x ?? '', 'base64url')));
  return `ssh-ed25519 ${blob} ${comment}`;
}

/** A new RSA public key in one line. */
export function rsaLine(bits: number, publicExponent = 65_537): string {
  const jwk = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).publicKey.export({
    format: 'jwk',
  });
  return `ssh-rsa ${keyBlob('ssh-rsa', wireInteger(jwk.e ?? ''), wireInteger(jwk.n ?? ''))}`;
}

const curves = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' } as const;

/** A new ECDSA public key in one line, with its point changed by `spoil`. */
export function ecdsaLine(
  curve: keyof typeof curves,
  spoil: (point: Buffer) => Buffer = (point) => point,
): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: curves[curve] });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const type = `ecdsa-sha2-${curve}`;
  return `${type} ${keyBlob(type, wireString(curve), wireString(spoil(point)))}`;
}
