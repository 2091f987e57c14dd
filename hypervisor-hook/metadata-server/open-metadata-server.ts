import type { Configuration } from '../configuration/configuration.ts';
import { readServerToken } from '../configuration/server-token.ts';
import { systemErrorCode } from '../drive-files/read-regular-file.ts';
import type { Transport } from './bounded-request.ts';
import { createMetadataServer, type MetadataServer } from './metadata-server.ts';
import { createTransport } from './transport.ts';

/** The server, or what on this host keeps it from being asked, as half a sentence. */
export type ServerOpening =
  | { readonly kind: 'server'; readonly server: MetadataServer }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Makes ready to ask the configured server: token, CA certificates. Connects later, at the first request. Never throws. */
export async function openMetadataServer(
  configuration: Configuration['server'],
  userAgent: string,
): Promise<ServerOpening> {
  const reading = await readServerToken(configuration.tokenFile);
  if (reading.kind === 'unusable') return reading;
  let transport: Transport;
  try {
    transport = await createTransport(configuration.url, configuration.caFile);
  } catch (error) {
    const file = configuration.caFile ?? 'of the system';
    return { kind: 'unusable', reason: `the CA file ${file} cannot be read (${systemErrorCode(error)})` };
  }
  return { kind: 'server', server: createMetadataServer(transport, { token: reading.token, userAgent }) };
}
