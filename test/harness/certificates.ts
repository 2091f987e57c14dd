import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A CA made for one test, and a server certificate that it signed. */
export interface TestCertificates {
  readonly ca: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Makes a CA and a server certificate in the folder, with openssl.
 * @param subjectAltName such as `IP:127.0.0.1` or `DNS:ldap.example.com`
 */
export async function makeCertificates(folder: string, subjectAltName: string): Promise<TestCertificates> {
  const path = (name: string): string => join(folder, name);
  const openssl = (args: readonly string[]): Promise<unknown> =>
    execa('openssl', args, { timeout: 20_000, stdin: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;
  const caArguments = ['-days', '2', '-subj', '/CN=Test CA', '-addext', 'keyUsage=critical,keyCertSign'];
  await openssl(['req', '-x509', ...key, '-keyout', path('ca.key'), '-out', path('ca.pem'), ...caArguments]);
  const request = ['-keyout', path('server.key'), '-out', path('server.csr'), '-subj', '/CN=test server'];
  await openssl(['req', ...key, ...request]);
  await writeFile(path('server.ext'), `subjectAltName=${subjectAltName}\n`);
  const signer = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
  const files = ['-in', path('server.csr'), '-extfile', path('server.ext'), '-out', path('server.pem')];
  await openssl(['x509', '-req', ...files, ...signer]);
  return {
    ca: await readFile(path('ca.pem'), 'utf8'),
    caFile: path('ca.pem'),
    certificateFile: path('server.pem'),
    keyFile: path('server.key'),
  };
}
