import type { Rollout, RolloutInstance } from '../../../../schemas/types/api.ts';
import type { ApiClient } from '../../api-client.ts';
import type { Output } from '../../output/output.ts';
import { type PollPace, pollUntil } from '../../poll-until.ts';
import { renderRollout, rolloutError, rolloutText } from '../../views/rollout-view.ts';

/** What following a rollout works with. */
export interface FollowRolloutPorts {
  readonly api: Pick<ApiClient, 'rollout' | 'rolloutInstances'>;
  readonly output: Output;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

const pageSize = 1000;
const shownPerState = 100;
const notable: readonly RolloutInstance['state'][] = ['failed', 'silent', 'skipped', 'under-way'];

/** Waits until a rollout has ended or halted, and prints it; fails where it did not end well. */
export async function followRollout(
  ports: FollowRolloutPorts,
  id: string,
  timeoutSeconds: number,
  pace?: PollPace,
): Promise<void> {
  const { api, output, signal } = ports;
  try {
    const { kind, answer } = await pollUntil(
      { output, signal },
      {
        label: 'rollout',
        timeoutSeconds,
        ask: async () => await api.rollout(id),
        isDone: ({ state }) => state !== 'running',
        tell: rolloutText,
      },
      pace,
    );
    await printRollout(ports, answer);
    const error = rolloutError(kind, answer);
    if (error !== undefined) throw error;
  } catch (error) {
    if (signal.aborted) {
      output.message((page) => {
        page.line(`rollout ${id} goes on at the server; \`ubugi rollout show ${id} --wait\` follows it`);
      });
    }
    throw error;
  }
}

/** Prints a rollout with the instances that one has to look at; as JSON with all of them. */
export async function printRollout(
  { api, output }: Pick<FollowRolloutPorts, 'api' | 'output'>,
  rollout: Rollout,
): Promise<void> {
  if (output.json) {
    output.result({ rollout, instances: await allInstances(api, rollout.id) }, () => {});
    return;
  }
  const instances: RolloutInstance[] = [];
  for (const state of notable) {
    if (rollout.counts[state] === 0) continue;
    const page = await api.rolloutInstances(rollout.id, { state, limit: shownPerState });
    instances.push(...page.instances);
  }
  output.result(rollout, (page) => {
    renderRollout(page, rollout, instances);
  });
}

async function allInstances(api: FollowRolloutPorts['api'], id: string): Promise<RolloutInstance[]> {
  const instances: RolloutInstance[] = [];
  let after: number | undefined;
  do {
    const page = await api.rolloutInstances(id, { after, limit: pageSize });
    instances.push(...page.instances);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return instances;
}
