import type { SyncRequest } from '../../../../schemas/types/api.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { concludeRun } from './conclude-run.ts';
import { followRun } from './follow-run.ts';

interface SyncFlags extends OutputFlags, ConnectionFlags {
  readonly source?: string;
  readonly full?: boolean;
  readonly dryRun?: boolean;
  readonly overrideGuard?: string;
}

/** `ubugi sync`: brings the server in line with CMDB, directory and policy. */
export function syncCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'sync',
    summary: 'read CMDB, directory and policy, and make new generations where content changed',
    description:
      'Reads CMDB, directory and policy, and makes a new generation for each instance whose content changed. Records that are not valid are quarantined: their instances keep their last good generation, each problem is printed as a warning, and the exit status is still 0. What changed is shown over all instances (who gains and who loses what), then instance by instance. Interrupting the command does not end the run: `ubugi runs` shows it. A run that fails as a whole exits with 1, one that the guard stops with 6.',
    examples: [
      { purpose: 'now, instead of at the next interval', line: 'ubugi sync' },
      { purpose: 'what would change, without changing it', line: 'ubugi sync --dry-run' },
      {
        purpose: 'let many removals through that are meant',
        line: "ubugi sync --override-guard 'tokyo-2 is closed, CHG-4711'",
      },
    ],
  })
    .option('--source <name>', 'only this inventory (default: all)')
    .option('--full', 'read everything, also what has not changed since the last run')
    .option('--dry-run', 'show what would change, change nothing')
    .option(
      '--override-guard <reason>',
      'let removals through that the guard would stop; the reason is recorded',
    )
    .option('--json', 'print one JSON document')
    .action(async (flags: SyncFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const { source, full, dryRun, overrideGuard } = flags;
        const request: SyncRequest = {
          ...(source === undefined ? {} : { source }),
          ...(full === undefined ? {} : { full }),
          ...(dryRun === undefined ? {} : { dryRun }),
          ...(overrideGuard === undefined ? {} : { overrideGuard }),
        };
        const { signal } = runtime.dependencies;
        const run = await followRun({ api, output, signal }, 'syncing', () => api.startSync(request));
        concludeRun(output, run, { instances: dryRun === true ? 'changes' : 'summary' });
      });
    });
  addConnectionFlags(command);
  return command;
}
