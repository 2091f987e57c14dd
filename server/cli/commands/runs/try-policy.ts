import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import { styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { concludeRun } from './conclude-run.ts';
import { followRun } from './follow-run.ts';

/** `ubugi try-policy`: what other policy files would do. */
export function tryPolicyCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'try-policy',
    summary: 'show who would gain and who would lose what under other policy files',
    description:
      'Sends policy files to the server, which composes every instance with them in place of the configured ones, and shows over all instances who would gain (+) and who would lose (-) accounts, keys, sudo rules and all else, with some of the instances. Give all files of the policy, in the order of the configuration. Nothing is changed. Files that are not valid are named with line and remedy, and the exit status is 7.',
    examples: [
      { purpose: 'before a change is merged', line: 'ubugi try-policy policy/base.yaml policy/shop.yaml' },
      {
        purpose: 'who would lose an account, as JSON',
        line: 'ubugi try-policy policy.yaml --json | jq \'.effects[] | select(.section == "accounts" and .action == "remove")\'',
      },
    ],
  })
    .argument('<files...>', 'policy files (YAML), in order')
    .option('--json', 'print one JSON document')
    .action(async (files: readonly string[], flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const { signal, local } = runtime.dependencies;
        const request = { files: [...(await local.readPolicy(files))] };
        const run = await followRun({ api, output, signal }, 'trying the policy', () =>
          api.startPolicyTrial(request),
        );
        concludeRun(output, run, { instances: 'none' });
        if (!output.json && run.effects.length === 0 && run.counts.quarantined === 0) {
          output.message((page) => {
            page.line(styled('dim', 'no instance would change'));
          });
        }
      });
    });
  addConnectionFlags(command);
  return command;
}
