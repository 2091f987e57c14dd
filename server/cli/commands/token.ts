import { DocumentedCommand } from '../documented-command.ts';
import type { Runtime } from '../runtime.ts';
import { tokenCreateCommand } from './token/create.ts';
import { tokenListCommand } from './token/list.ts';
import { tokenRevokeCommand } from './token/revoke.ts';

/** `ubugi token`: who may use the API. */
export function tokenCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'token',
    summary: 'create, list and revoke API tokens',
    description:
      'Manages the tokens of the HTTP API. Roles: viewer reads; operator also syncs and makes new drives; hypervisor gets the drives of the instances on one host; nova gets vendor-data for new machines and nothing else; admin also manages tokens.',
    examples: [
      { purpose: 'a token for a dashboard', line: 'ubugi token create grafana --role viewer' },
      { purpose: 'all tokens', line: 'ubugi token list' },
    ],
  });
  command.addCommand(tokenCreateCommand(runtime));
  command.addCommand(tokenListCommand(runtime));
  command.addCommand(tokenRevokeCommand(runtime));
  return command;
}
