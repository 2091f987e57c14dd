import type { RegenerateRequest } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import type { InstanceSelection } from '../../../store/store.ts';
import { collectInstances } from '../../arguments/instance-argument.ts';
import { collectWhere, whereHelp } from '../../arguments/where-option.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { concludeRun } from './conclude-run.ts';
import { followRun } from './follow-run.ts';

interface RegenerateFlags extends OutputFlags, ConnectionFlags {
  readonly where?: InstanceSelection;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
}

/** `ubugi regenerate-drive`: new drives for a selection of instances. */
export function regenerateDriveCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'regenerate-drive',
    summary: 'make new drives for chosen instances',
    description:
      'Reads CMDB, directory and policy again for the chosen instances, makes a new generation where content changed (with --force in any case), and shows what changed in each. Choose instances in exactly one way: by name, by --where, or --all. Quarantined records are warnings, the exit status is still 0.',
    examples: [
      { purpose: 'what would change on one machine', line: 'ubugi regenerate-drive web-01 --dry-run' },
      {
        purpose: 'all machines of a project',
        line: "ubugi regenerate-drive --where project=shop --reason 'new on-call team'",
      },
      {
        purpose: 'a new generation even where nothing changed',
        line: "ubugi regenerate-drive web-01 db-01 --force --reason 'rotate the signing key'",
      },
    ],
  })
    .argument('[instances...]', 'UUIDs or unambiguous names', collectInstances)
    .option('--where <K=V>', whereHelp, collectWhere)
    .option('--all', 'every instance')
    .option('--dry-run', 'show what would change, change nothing')
    .option('--force', 'make a new generation even where content is the same')
    .option('--reason <text>', 'why, for the audit trail')
    .option('--json', 'print one JSON document')
    .action(async (instances: readonly string[] | undefined, flags: RegenerateFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const request = requestOf(instances ?? [], flags);
        const { signal } = runtime.dependencies;
        const run = await followRun({ api, output, signal }, 'regenerating', () =>
          api.startRegenerate(request),
        );
        concludeRun(output, run, { instances: 'changes' });
      });
    });
  addConnectionFlags(command);
  return command;
}

function requestOf(instances: readonly string[], flags: RegenerateFlags): RegenerateRequest {
  const { where, all, dryRun, force, reason } = flags;
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
  };
}
