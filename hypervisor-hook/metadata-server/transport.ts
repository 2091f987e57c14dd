import { readFile } from 'node:fs/promises';
import type { Transport } from './bounded-request.ts';

/** Where distributions keep their CA certificates in one file: Debian, RHEL, SUSE, Alpine (as Go's crypto/x509 looks). */
const systemCertificateFiles: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Connections to the server, kept between requests. `node:http` and `node:https` are loaded here and not before:
 * they cannot be part of the executable's start-up snapshot.
 * @param caFile CA certificates in PEM; the system's if undefined
 * @param mostConnections at a time; requests beyond that wait
 * @throws the system's error for a CA file that cannot be read
 */
export async function createTransport(
  url: URL,
  caFile: string | undefined,
  mostConnections = 1,
): Promise<Transport> {
  const { hostname, port } = url;
  const options = { host: hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? {} : { port: Number(port) }) };
  if (url.protocol === 'http:') {
    const { Agent, request } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: mostConnections });
    return { agent, readyEvent: 'connect', request: (given) => request({ ...options, ...given, agent }) };
  }
  const { Agent, request } = await import('node:https');
  const agent = new Agent({
    keepAlive: true,
    maxSockets: mostConnections,
    // Not left to NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
    ca: await certificateAuthorities(caFile),
  });
  return { agent, readyEvent: 'secureConnect', request: (given) => request({ ...options, ...given, agent }) };
}

async function certificateAuthorities(caFile: string | undefined): Promise<string> {
  if (caFile !== undefined) return readFile(caFile, 'utf8');
  for (const file of systemCertificateFiles) {
    const certificates = await readFile(file, 'utf8').catch(() => undefined);
    if (certificates !== undefined) return certificates;
  }
  throw new Error('no CA certificates of the system were found: name a caFile');
}
