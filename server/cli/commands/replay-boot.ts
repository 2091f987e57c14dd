import type { ReplayOutcome, ReplayReport, ReplayRequest } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { InstanceSelection } from '../../store/store.ts';
import { collectInstances } from '../arguments/instance-argument.ts';
import { parseGeneration, parseHours } from '../arguments/number-options.ts';
import { collectWhere, whereHelp } from '../arguments/where-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../connection/connection-flags.ts';
import { DocumentedCommand } from '../documented-command.ts';
import { followReplays } from '../follow-replays.ts';
import type { OutputFlags, Runtime } from '../runtime.ts';
import { renderReplays } from '../views/replay-view.ts';

interface ReplayFlags extends OutputFlags, ConnectionFlags {
  readonly where?: InstanceSelection;
  readonly generation?: number;
  readonly hours?: number;
  readonly reason?: string;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly cancel?: boolean;
}

/** `ubugi replay-boot`: machines that lost their data boot as they first did. */
export function replayBootCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'replay-boot',
    summary: 'boot machines that lost their data as they first did',
    description:
      'Gives the guest of a machine whose disk is new again the generation that it first booted with, or the one of --generation: host name, addresses, random seed, user-data, files and scripts as they were. Accounts, keys, groups and sudo rules are those of today, so that nobody gets back what was taken away since. When the guest reports that generation applied, it gets the newest. The report says, for each instance, how the drive differs from the generation as it was. The exit status is 0 only if all could be replayed, and with --wait only if all guests have applied it.',
    examples: [
      { purpose: 'what would be different from the first boot', line: 'ubugi replay-boot web-01 --dry-run' },
      {
        purpose: 'all machines of a host that was lost, until they are back',
        line: "ubugi replay-boot --where hypervisor=hv-07 --reason 'hv-07 lost its disks' --wait",
      },
      { purpose: 'back to the newest generation', line: 'ubugi replay-boot --cancel web-01' },
    ],
  })
    .argument('[instances...]', 'UUIDs or unambiguous names', collectInstances)
    .option('--where <K=V>', whereHelp, collectWhere)
    .option('--generation <generation>', 'which generation (default: the first)', parseGeneration)
    .option(
      '--hours <hours>',
      'back to the newest generation after so many at the latest (default: 24)',
      parseHours,
    )
    .option('--reason <text>', 'why, for the audit trail')
    .option('--wait', 'wait until each has ended, and show how far they are')
    .option('--dry-run', 'show what would be replayed, change nothing')
    .option('--cancel', 'take the replays of INSTANCE… back')
    .option('--json', 'print one JSON document')
    .action(async (instances: readonly string[] | undefined, flags: ReplayFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const request = requestOf(instances ?? [], flags);
        const report = await output.progress('asking', async (): Promise<ReplayReport> => {
          if (flags.cancel !== true) return await api.startReplays(request);
          const outcomes: ReplayOutcome[] = [];
          for (const instance of instances ?? []) outcomes.push(await api.cancelReplay(instance));
          return { outcomes };
        });
        const started = report.outcomes.filter(({ outcome }) => outcome === 'started');
        const { signal } = runtime.dependencies;
        const ends =
          flags.wait === true && started.length > 0
            ? await followReplays({ api, output, signal }, started)
            : undefined;
        output.result(ends === undefined ? report : { ...report, ends }, (page) => {
          renderReplays(page, report, ends);
        });
        failWhere(report, ends);
      });
    });
  addConnectionFlags(command);
  return command;
}

function requestOf(instances: readonly string[], flags: ReplayFlags): ReplayRequest {
  const { where, generation, hours, reason, dryRun, cancel, wait } = flags;
  if (instances.length > 0 === (where !== undefined) || (cancel === true && where !== undefined)) {
    throw new AppError(
      'request-invalid',
      cancel === true
        ? 'give INSTANCE… with --cancel'
        : 'choose instances in exactly one way: give INSTANCE…, or --where K=V…',
    );
  }
  if (cancel === true && (generation ?? hours ?? reason ?? dryRun ?? wait) !== undefined)
    throw new AppError('request-invalid', '--cancel takes no other option');
  return {
    ...(where === undefined ? { instances: [...instances] } : { where: { ...where } }),
    ...(generation === undefined ? {} : { generation }),
    ...(hours === undefined ? {} : { hours }),
    ...(reason === undefined ? {} : { reason }),
    ...(dryRun === undefined ? {} : { dryRun }),
  };
}

function failWhere({ outcomes }: ReplayReport, ends: readonly { readonly outcome: string }[] = []): void {
  const refused = outcomes.filter(({ outcome }) => outcome === 'refused').length;
  if (refused > 0)
    throw new AppError(
      'conflict',
      `${refused} of ${outcomes.length} could not be replayed; the report says why`,
    );
  const lost = ends.filter(({ outcome }) => outcome !== 'applied').length;
  if (lost > 0) {
    throw new AppError(
      'conflict',
      `${lost} of ${ends.length} replays ended before their guests had applied them; \`ubugi history\` of each tells more`,
    );
  }
}
