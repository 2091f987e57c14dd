import { parseUuid } from '../../arguments/uuid-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { concludeRun } from '../runs/conclude-run.ts';
import { followRun } from '../runs/follow-run.ts';
import { printRollout } from './follow-rollout.ts';

interface ActionFlags extends OutputFlags, ConnectionFlags {
  readonly reason?: string;
}

const sample = '7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11';

/** `ubugi rollout resume`. */
export function rolloutResumeCommand(runtime: Runtime): DocumentedCommand {
  return simpleAction(runtime, 'resume', {
    summary: 'let a rollout that has halted go on',
    description:
      'Lets a rollout that has halted go on with its next stage. What failed so far is accepted: only further failures count towards its bound.',
    examples: [
      { purpose: 'see why it halted first', line: `ubugi rollout show ${sample}` },
      { purpose: 'then go on', line: `ubugi rollout resume ${sample} --reason 'one bad disk'` },
    ],
  });
}

/** `ubugi rollout cancel`. */
export function rolloutCancelCommand(runtime: Runtime): DocumentedCommand {
  return simpleAction(runtime, 'cancel', {
    summary: 'end a rollout; what still waits is let go of',
    description:
      'Ends a rollout. What it has changed stays changed. What still waits is let go of: the next sync brings it today’s state, so take the change out of CMDB or policy first if it is not wanted, or use `ubugi rollout rollback`, which holds it as it is.',
    examples: [
      { purpose: 'see what it has changed so far', line: `ubugi rollout show ${sample}` },
      { purpose: 'end it', line: `ubugi rollout cancel ${sample} --reason 'policy reverted'` },
    ],
  });
}

/** `ubugi rollout rollback`. */
export function rolloutRollbackCommand(runtime: Runtime): DocumentedCommand {
  const command = action('rollback', {
    summary: 'take back what a rollout has changed',
    description:
      'Gives every instance that a rollout has changed, all at once, a new generation with network, name servers, files and scripts from before and today’s accounts, groups and sudo rules, and holds them and what still waits so, until a plain `ubugi regenerate-drive` of each.',
    examples: [
      { purpose: 'go back', line: `ubugi rollout rollback ${sample} --reason 'chrony does not start'` },
      { purpose: 'release a machine later', line: 'ubugi regenerate-drive web-01' },
    ],
  }).action(async (id: string, flags: ActionFlags) => {
    await runtime.runWithServer(flags, async (api, output) => {
      const { signal } = runtime.dependencies;
      const run = await followRun({ api, output, signal }, 'rolling back', () =>
        api.startRollback(id, reasonOf(flags)),
      );
      concludeRun(output, run, { instances: 'summary' });
    });
  });
  addConnectionFlags(command);
  return command;
}

type Texts = Omit<ConstructorParameters<typeof DocumentedCommand>[0], 'name'>;

function simpleAction(runtime: Runtime, name: 'resume' | 'cancel', texts: Texts): DocumentedCommand {
  const command = action(name, texts).action(async (id: string, flags: ActionFlags) => {
    await runtime.runWithServer(flags, async (api, output) => {
      const rollout = await output.progress(
        'asking',
        async () => await api.changeRollout(id, name, reasonOf(flags)),
      );
      await printRollout({ api, output }, rollout);
    });
  });
  addConnectionFlags(command);
  return command;
}

function action(name: string, texts: Texts): DocumentedCommand {
  return new DocumentedCommand({ name, ...texts })
    .argument('<rollout>', 'UUID of a rollout', parseUuid)
    .option('--reason <text>', 'why, for the audit trail')
    .option('--json', 'print one JSON document');
}

function reasonOf({ reason }: ActionFlags): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}
