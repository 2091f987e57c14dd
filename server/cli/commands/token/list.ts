import type { Token } from '../../../../schemas/types/api.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import type { Page } from '../../output/page.ts';
import { type Span, styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';

/** `ubugi token list`: all tokens, without their secrets. */
export function tokenListCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'list',
    summary: 'list tokens',
    description:
      'Lists all tokens, also those that are revoked or have expired. Secrets are not kept and not shown.',
    examples: [
      { purpose: 'all tokens', line: 'ubugi token list' },
      {
        purpose: 'ids of the tokens that still work for admins',
        line: `ubugi token list --json | jq -r '.tokens[] | select(.role == "admin" and .revokedAt == null) | .id'`,
      },
    ],
  })
    .option('--json', 'print one JSON document')
    .action(async (flags: OutputFlags & ConnectionFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        const list = await output.progress('listing tokens', async () => await api.tokens());
        output.result(list, (page) => {
          renderTokens(page, list.tokens, runtime.dependencies.clock.now());
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderTokens(page: Page, tokens: readonly Token[], now: Date): void {
  if (tokens.length === 0) {
    page.line(styled('dim', 'no token yet; the local socket needs none'));
    return;
  }
  page.table(
    [
      { heading: 'ID' },
      { heading: 'NAME', flexible: true },
      { heading: 'ROLE' },
      { heading: 'HYPERVISOR', flexible: true },
      { heading: 'CREATED' },
      { heading: 'EXPIRES' },
      { heading: 'STATE' },
    ],
    tokens.map((token) => [
      styled('dim', token.id),
      token.name,
      token.role,
      token.hypervisor ?? styled('dim', '-'),
      token.createdAt,
      token.expiresAt ?? styled('dim', 'never'),
      stateOf(token, now),
    ]),
  );
}

function stateOf(token: Token, now: Date): Span {
  if (token.revokedAt !== null) return styled('red', 'revoked');
  if (token.usedAt !== null) return styled('dim', 'used');
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= now.getTime())
    return styled('yellow', 'expired');
  return styled('green', 'valid');
}
