import type { PublicKey } from '../../../../schemas/types/common.ts';
import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import { PlanError } from '../../plan/plan.ts';
import { guard } from '../../rendering/guard.ts';
import { renderKeyOptions } from './key-options.ts';
import { type ExpiryForm, optionsWithin } from './key-validity.ts';

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

/**
 * One key a line, its options in front (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
 *
 * @param form how the guest's sshd reads a time.
 */
export function renderAuthorizedKeys(keys: readonly PublicKey[], form: ExpiryForm = 'utc'): string {
  return keys.map((key) => `${renderKey(key, form)}\n`).join('');
}

/** All keys of an account, none of which outlives it. */
export function renderKeysOf(account: GuestAccount, form: ExpiryForm): string {
  return renderAuthorizedKeys(
    account.keys.map(({ options, ...key }) => {
      const within = optionsWithin(options, account, form);
      return within === undefined ? key : { ...key, options: within };
    }),
    form,
  );
}

function renderKey({ type, key, comment, options }: PublicKey, form: ExpiryForm): string {
  if (!types.has(type)) throw new PlanError('accounts[].keys[].type is not a known key type: remove the key');
  const blob = guard('accounts[].keys[].key', key, /^[A-Za-z0-9+/]{16,4096}={0,2}$/);
  const line = `${renderKeyOptions(options, form)}${type} ${blob}`;
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
