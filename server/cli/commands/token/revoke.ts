import { parseUuid } from '../../arguments/uuid-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';

/** `ubugi token revoke`: ends a token at once. */
export function tokenRevokeCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'revoke',
    summary: 'revoke a token',
    description: 'Revokes a token: from now on the server refuses it. This cannot be undone.',
    examples: [
      { purpose: 'find its id first', line: 'ubugi token list' },
      { purpose: 'then revoke it', line: 'ubugi token revoke 0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e4f' },
    ],
  })
    .argument('<id>', 'id of the token, from `ubugi token list`', parseUuid)
    .option('--json', 'print one JSON document')
    .action(async (id: string, flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        await output.progress('revoking', async () => {
          await api.revokeToken(id);
        });
        output.result({ id, revoked: true }, (page) => {
          page.line(`token ${id} is revoked`);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}
