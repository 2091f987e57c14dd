import type { AppPorts } from '../app-ports.ts';
import { choiceParameter } from '../query-parameter.ts';
import { defineRoute, type Route } from '../route.ts';

/** The key that drives are signed by. */
export function signerRoutes({ driveBuilder, exchange }: AppPorts): readonly Route[] {
  const signersFor = (what: 'drives' | 'export'): string =>
    what === 'drives' ? driveBuilder.trustedSigners : exchange.signingKey.exportSigners;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/trusted-signers',
      operationId: 'showTrustedSigners',
      tag: 'operations',
      summary: 'The public key that signs drives, as an allowed signers file (ssh-keygen(1)).',
      access: { minimum: 'viewer', hypervisor: 'yes' },
      query: { for: choiceParameter('What it may sign; drives if absent.', ['drives', 'export']) },
      successes: [{ status: 200, description: 'The file.', content: { mediaType: 'text/plain' } }],
      handle: ({ query }) =>
        Promise.resolve(
          new Response(`${signersFor(query.for ?? 'drives').trimEnd()}\n`, {
            headers: { 'Content-Type': 'text/plain; charset=utf-8' },
          }),
        ),
    }),
  ];
}
