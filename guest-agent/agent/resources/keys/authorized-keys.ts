import type { PublicKey } from '../../../../schemas/types/common.ts';
import { PlanError } from '../../plan/plan.ts';
import { guard } from '../../rendering/guard.ts';
import { renderKeyOptions } from './key-options.ts';

const types: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'sk-ssh-ed25519@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
]);

/** Fewest bits of an RSA key that is let in. */
const leastRsaBits = 2048;

/** One key a line, its options in front (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export function renderAuthorizedKeys(keys: readonly PublicKey[]): string {
  return keys.map((key) => `${renderKey(key)}\n`).join('');
}

function renderKey({ type, key, comment, options }: PublicKey): string {
  if (!types.has(type)) throw new PlanError('accounts[].keys[].type is not a known key type: remove the key');
  const blob = guard('accounts[].keys[].key', key, /^[A-Za-z0-9+/]{16,4096}={0,2}$/);
  const line = `${renderKeyOptions(options)}${type} ${blob}`;
  if (comment === undefined) return line;
  return `${line} ${guard('accounts[].keys[].comment', comment, /^[A-Za-z0-9._@+-]{1,128}$/)}`;
}

/** What is wrong with keys by what `ssh-keygen -l` printed for them: one line a key, `BITS SHA256:… COMMENT (TYPE)`. */
export function judgeFingerprints(output: string, keys: number): string | undefined {
  const lines = output.split('\n').filter((line) => line !== '');
  const fingerprints = lines.filter((line) => /^\d+ SHA256:[A-Za-z0-9+/]{43} /.test(line));
  if (lines.length !== keys || fingerprints.length !== keys) {
    return `ssh-keygen reads ${fingerprints.length} of ${keys} keys: correct the others at their source`;
  }
  const weak = fingerprints.filter(
    (line) => line.endsWith('(RSA)') && Number.parseInt(line, 10) < leastRsaBits,
  );
  return weak.length === 0
    ? undefined
    : `${weak.length} RSA keys have fewer than ${leastRsaBits} bits: replace them`;
}
