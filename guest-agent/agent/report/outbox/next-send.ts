import { observeMachine } from '../../plan/machine.ts';
import type { System } from '../../system/system.ts';
import { readChannel } from './channel.ts';
import { hasHttpClient } from './http-client.ts';
import { nextTry, readOutbox } from './outbox.ts';

/**
 * When the machine has to wake to send reports, in milliseconds since 1970-01-01 UTC; undefined: nothing waits, or nobody
 * takes it.
 */
export function nextSend(system: System): number | undefined {
  const channel = readChannel(system);
  if (channel === undefined || !hasHttpClient(observeMachine(system, { offline: false }))) return undefined;
  return nextTry(readOutbox(channel.instance, system), system.clock.now());
}
