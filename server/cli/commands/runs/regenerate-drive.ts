import type { RegenerateRequest } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import type { InstanceSelection } from '../../../store/store.ts';
import { parseHaltAfter } from '../../arguments/halt-option.ts';
import { collectInstances } from '../../arguments/instance-argument.ts';
import {
  parseCanary,
  parseGeneration,
  parseSeconds,
  parseStageSize,
} from '../../arguments/number-options.ts';
import { collectWhere, whereHelp } from '../../arguments/where-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { followedError, renderFollowed } from '../../views/followed-view.ts';
import { followRollout, printRollout } from '../rollout/follow-rollout.ts';
import { usualRolloutWait } from '../rollout/show.ts';
import { concludeRun } from './conclude-run.ts';
import { followInstances } from './follow-instances.ts';
import { followRun } from './follow-run.ts';

interface RegenerateFlags extends OutputFlags, ConnectionFlags, StageFlags {
  readonly where?: InstanceSelection;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly to?: number;
  readonly wait?: boolean;
  readonly waitTimeout?: number;
}

interface StageFlags {
  readonly canary?: number;
  readonly batch?: number;
  readonly haltAfter?: string;
  readonly batchTimeout?: number;
}

/** Seconds that one waits for machines unless told otherwise. */
const usualWait = 1800;

/** `ubugi regenerate-drive`: new drives for a selection of instances. */
export function regenerateDriveCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'regenerate-drive',
    summary: 'make new drives for chosen instances',
    description:
      'Reads CMDB, directory and policy again for the chosen instances, makes a new generation where content changed (with --force in any case), and shows what changed in each. Choose instances in exactly one way: by name, by --where, or --all. Quarantined records are warnings, the exit status is still 0. With --wait follows each machine until it has applied its drive; the exit status is 0 only if all have. With --canary, --batch, --halt-after or --batch-timeout the change goes out in stages, by what the machines report (see `ubugi rollout`): what waits keeps its network, files and scripts, and still follows every change of accounts, groups and sudo rules. With --to each gets those of an older generation back and keeps them until a plain regenerate-drive.',
    examples: [
      { purpose: 'what would change on one machine', line: 'ubugi regenerate-drive web-01 --dry-run' },
      {
        purpose: 'two machines first, then 20 at a time, and wait for the end',
        line: 'ubugi regenerate-drive --where project=shop --canary 2 --batch 20 --wait',
      },
      {
        purpose: 'back to what generation 3 had, but with the rights of today',
        line: "ubugi regenerate-drive web-01 --to 3 --reason 'new chrony configuration fails'",
      },
    ],
  })
    .argument('[instances...]', 'UUIDs or unambiguous names', collectInstances)
    .option('--where <K=V>', whereHelp, collectWhere)
    .option('--all', 'every instance')
    .option('--dry-run', 'show what would change, change nothing')
    .option('--force', 'make a new generation even where content is the same')
    .option('--to <generation>', 'go back to network, files and scripts of this generation', parseGeneration)
    .option('--reason <text>', 'why, for the audit trail')
    .option('--wait', 'wait until the machines have applied it or failed; interrupting only stops looking')
    .option(
      '--wait-timeout <seconds>',
      `look no longer than this (default: ${usualWait}, or a day in stages)`,
      parseSeconds,
    )
    .option('--canary <n>', 'in stages: so many first, and any failure among them halts', parseCanary)
    .option('--batch <n>', 'in stages: then so many at a time', parseStageSize)
    .option(
      '--halt-after <n|p%>',
      'in stages: halt at n failures, or beyond p % (default: 5%)',
      parseHaltAfter,
    )
    .option(
      '--batch-timeout <seconds>',
      'in stages: how long to wait for reports (default: 900)',
      parseSeconds,
    )
    .option('--json', 'print one JSON document')
    .action(async (instances: readonly string[] | undefined, flags: RegenerateFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const request = requestOf(instances ?? [], flags);
        const { signal } = runtime.dependencies;
        if (isStaged(flags) && flags.dryRun !== true) {
          const rollout = await output.progress('asking', async () => await api.startRollout(request));
          if (flags.wait !== true) await printRollout({ api, output }, rollout);
          else
            await followRollout({ api, output, signal }, rollout.id, flags.waitTimeout ?? usualRolloutWait);
          return;
        }
        const run = await followRun({ api, output, signal }, 'regenerating', () =>
          api.startRegenerate(request),
        );
        const waits = flags.wait === true && run.state === 'succeeded' && !run.dryRun;
        if (!waits || !output.json) concludeRun(output, run, { instances: 'changes' });
        if (!waits) return;
        const followed = await followInstances(
          { api, output, signal },
          run.id,
          flags.waitTimeout ?? usualWait,
        );
        output.result({ run, progress: followed.progress }, (page) => {
          renderFollowed(page, followed.progress);
        });
        const error = followedError(followed.kind, followed.progress);
        if (error !== undefined) throw error;
      });
    });
  addConnectionFlags(command);
  return command;
}

function requestOf(instances: readonly string[], flags: RegenerateFlags): RegenerateRequest {
  const { where, all, dryRun, force, reason, to } = flags;
  const ways = [instances.length > 0, where !== undefined, all === true].filter(Boolean).length;
  if (ways !== 1) {
    throw new AppError(
      'request-invalid',
      `${ways === 0 ? 'no instance is chosen' : 'instances are chosen in more than one way'}: give INSTANCE…, or --where K=V…, or --all`,
    );
  }
  return {
    ...(instances.length > 0 ? { instances: [...instances] } : {}),
    ...(where === undefined ? {} : { where: { ...where } }),
    ...(all === true ? { all } : {}),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(force === undefined ? {} : { force }),
    ...(reason === undefined ? {} : { reason }),
    ...(to === undefined ? {} : { to }),
    ...stagesOf(flags),
  };
}

function stagesOf({
  canary,
  batch,
  haltAfter,
  batchTimeout,
}: StageFlags): Pick<RegenerateRequest, 'canary' | 'batch' | 'haltAfter' | 'batchTimeoutSeconds'> {
  return {
    ...(canary === undefined ? {} : { canary }),
    ...(batch === undefined ? {} : { batch }),
    ...(haltAfter === undefined ? {} : { haltAfter }),
    ...(batchTimeout === undefined ? {} : { batchTimeoutSeconds: batchTimeout }),
  };
}

function isStaged(flags: StageFlags): boolean {
  return Object.keys(stagesOf(flags)).length > 0;
}
