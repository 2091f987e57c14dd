import type { KeyOptions } from '../types/common.ts';

/** An option of a public key that has no value. */
export type KeyOptionFlag = NonNullable<KeyOptions['flags']>[number];

/** Options of a public key without a value (sshd(8), AUTHORIZED_KEYS FILE FORMAT) that are taken, as sshd spells them. */
export const keyOptionFlags = [
  'restrict',
  'agent-forwarding',
  'no-agent-forwarding',
  'no-port-forwarding',
  'no-pty',
  'no-user-rc',
  'no-X11-forwarding',
  'port-forwarding',
  'pty',
  'user-rc',
  'X11-forwarding',
] as const satisfies readonly KeyOptionFlag[];
