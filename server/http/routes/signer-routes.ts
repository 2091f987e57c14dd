import type { AppPorts } from '../app-ports.ts';
import { defineRoute, type Route } from '../route.ts';

/** The key that drives are signed by. */
export function signerRoutes({ driveBuilder }: AppPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/trusted-signers',
      operationId: 'showTrustedSigners',
      tag: 'operations',
      summary: 'The public key that signs drives, as an allowed signers file (ssh-keygen(1)).',
      access: { minimum: 'viewer', hypervisor: 'yes' },
      successes: [{ status: 200, description: 'The file.', content: { mediaType: 'text/plain' } }],
      handle: () =>
        Promise.resolve(
          new Response(`${driveBuilder.trustedSigners.trimEnd()}\n`, {
            headers: { 'Content-Type': 'text/plain; charset=utf-8' },
          }),
        ),
    }),
  ];
}
