import type { AgentParts, ExitStatus } from '../agent.ts';
import { removeAll } from '../apply/remove-all.ts';
import { ensureFolder } from '../apply/transaction/put-file.ts';
import { rollBack } from '../apply/transaction/rollback.ts';
import type { Command } from '../command-line.ts';
import { printResources } from '../report/summary.ts';
import { arrangeWake } from '../schedule/wake.ts';

const lockWaitMs = 30_000;

/** `ubugi-agent remove`: takes back what Ubugi made on this machine. */
export function remove(
  options: Extract<Command, { kind: 'remove' }>,
  { system, print }: AgentParts,
): ExitStatus {
  ensureFolder('/run/ubugi', 0o755, system);
  system.host.lock('/run/ubugi/agent.lock', lockWaitMs);
  rollBack(system);
  const resources = removeAll(options, system);
  const wake = options.offline ? undefined : arrangeWake(undefined, system);
  print(printResources(resources));
  if (wake !== undefined) print(`ubugi: ${wake}\n`);
  return wake === undefined && resources.every(({ outcome }) => outcome !== 'failed') ? 0 : 1;
}
