import type { PublicKey } from '../../../../schemas/types/common.ts';
import { type Checked, refused } from '../entry-reader.ts';
import { materialChecks } from './key-material.ts';
import { SshWireReader } from './ssh-wire.ts';

const line = /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{16,4094}={0,2})(?: (.*))?$/;
const comment = /^[A-Za-z0-9._@+-]{1,128}$/;
const oneKey = 'store one key a value: type, base64 and at most a comment, as in id_ed25519.pub';

/**
 * Parses one line of authorized_keys(5) that has no options. `ssh-keygen -l` is no judge here: it accepts
 * options, several lines, private keys and RSA-1024. The blob is parsed to its last byte, so that what sshd
 * will see is exactly what was checked. A comment that is not plain is dropped: it carries no right.
 */
export function parsePublicKey(text: string): Checked<PublicKey> {
  if (/PRIVATE KEY/.test(text)) {
    return refused('is a private key', 'remove it at once, make a new key pair and store the public half');
  }
  const [, type, base64, remark] = line.exec(text) ?? [];
  if (type === undefined || base64 === undefined) return refused('is not a public key in one line', oneKey);
  if (type === 'ssh-dss')
    return refused('is a DSA key, which OpenSSH no longer takes', 'make an Ed25519 key');
  if (type.includes('-cert-')) return refused('is a certificate', 'store the plain public key');
  if (!isKeyType(type)) return refused('begins with options or an unknown key type', oneKey);

  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) return refused('is not proper base64', oneKey);
  const reader = new SshWireReader(blob);
  if (reader.string()?.toString('latin1') !== type) {
    return refused('says another type in front than inside', oneKey);
  }
  const reason = materialChecks[type](reader);
  if (reason !== undefined) return refused(reason, 'make an Ed25519 key');
  if (!reader.atEnd) return refused('has more bytes than its type', oneKey);
  return {
    kind: 'ok',
    value: {
      type,
      key: base64,
      ...(remark !== undefined && comment.test(remark) ? { comment: remark } : {}),
    },
  };
}

function isKeyType(type: string): type is PublicKey['type'] {
  return Object.hasOwn(materialChecks, type);
}
