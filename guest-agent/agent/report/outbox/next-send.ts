import { observeMachine } from '../../plan/machine.ts';
import type { System } from '../../system/system.ts';
import { readChannel } from './channel.ts';
import { hasHttpClient } from './http-client.ts';
import { nextTry, readOutbox, type WaitingReport } from './outbox.ts';

/**
 * When the machine has to wake to send reports, in milliseconds since 1970-01-01 UTC; undefined: nothing waits, or nobody
 * takes it.
 *
 * @param expected a report of this very run is still to come.
 */
export function nextSend(expected: boolean, system: System): number | undefined {
  const channel = readChannel(system);
  if (channel === undefined || !hasHttpClient(observeMachine(system, { offline: false }))) return undefined;
  const { instance, reports } = readOutbox(channel.instance, system);
  const now = system.clock.now();
  const coming: readonly WaitingReport[] = expected
    ? [{ path: '', queuedAt: now, generation: channel.generation, tries: 0, triedAt: 0 }]
    : [];
  return nextTry({ instance, reports: [...reports, ...coming] }, now);
}
