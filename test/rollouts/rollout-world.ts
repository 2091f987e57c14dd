import { pino } from 'pino';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { RegenerateRequest, Rollout } from '../../schemas/types/api.ts';
import { systemRandom } from '../../server/domain/random.ts';
import { createRolloutAdvance } from '../../server/rollouts/advance-rollouts.ts';
import { createRollouts, type Rollouts } from '../../server/rollouts/create-rollouts.ts';
import { rolloutView } from '../../server/rollouts/rollout-view.ts';
import type { Store } from '../../server/store/store.ts';
import { sampleReport } from '../contract/store/samples.ts';
import { samplePolicy } from '../domain/sample.ts';
import { createSyncWorld, numbered, numberedId, type SyncWorld } from '../sync/sync-world.ts';

/** A sync world with rollouts in it. */
export interface RolloutWorld extends SyncWorld {
  readonly rollouts: Rollouts;
  /** One look at all rollouts. */
  advance(): Promise<void>;
  /** Begins one over all instances, and looks once. */
  begin(request?: Partial<RegenerateRequest>): Promise<Rollout>;
  view(id: string): Promise<Rollout>;
  /** What a guest, or a hypervisor, says of the newest generation of these machines. */
  report(
    numbers: readonly number[],
    outcome: AgentReport['outcome'],
    fields?: Partial<AgentReport>,
  ): Promise<void>;
  /** The file that the policy gives machines, as their newest generation has it. */
  motd(number: number): Promise<string | undefined>;
  /** Makes the policy give another file. */
  setMotd(content: string): void;
  /** Moves the clock on. */
  pass(seconds: number): void;
}

/**
 * So many machines, each with generation 1 applied and reported.
 * @param given another server of a store that is filled already
 */
export async function createRolloutWorld(
  count: number,
  given?: { readonly store: Store; readonly filled: boolean },
): Promise<RolloutWorld> {
  const base = await createSyncWorld(given?.store);
  const { world, store, job } = base;
  const clock = { now: () => world.now };
  const log = pino({ level: 'silent' });
  const rollouts = createRollouts({ store, syncJob: job, clock, random: systemRandom });
  const advance = createRolloutAdvance({ store, syncJob: job, clock, log });
  const numbers = Array.from({ length: count }, (_, index) => index + 1);

  const view: RolloutWorld['view'] = async (id) => {
    const rollout = await store.rollout(id);
    if (rollout === undefined) throw new Error(`no rollout ${id}`);
    return await rolloutView(store, rollout);
  };
  const report: RolloutWorld['report'] = async (which, outcome, fields = {}) => {
    for (const number of which) {
      world.now = new Date(world.now.getTime() + 1);
      const id = numberedId(number);
      const at = world.now.toISOString();
      const generation = (await store.instance(id))?.newest ?? 0;
      const sent = sampleReport(1, { instance: id, generation, outcome, startedAt: at, ...fields });
      await store.transaction((transaction) => transaction.saveReport(sent, at, 10));
    }
  };
  const setMotd: RolloutWorld['setMotd'] = (content) => {
    world.policy = samplePolicy({ files: [{ path: '/etc/motd', content }] });
  };

  world.records = numbers.map((number) => numbered(number));
  setMotd('one\n');
  if (given?.filled !== true) {
    await base.sync();
    await report(numbers, 'attached', { origin: 'hypervisor' });
    await report(numbers, 'applied');
  }
  return {
    ...base,
    rollouts,
    advance,
    view,
    report,
    setMotd,
    begin: async (request = {}) => {
      const { id } = await rollouts.create({ all: true, ...request }, 'ops');
      await advance();
      return await view(id);
    },
    motd: async (number) => {
      const newest = await store.newestGeneration(numberedId(number));
      return newest?.guest.files.find(({ path }) => path === '/etc/motd')?.content;
    },
    pass: (seconds) => {
      world.now = new Date(world.now.getTime() + seconds * 1000);
    },
  };
}
