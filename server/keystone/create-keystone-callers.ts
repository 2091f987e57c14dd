import { readCertificates } from '../config/certificate-file.ts';
import type { Config } from '../config/config.ts';
import { readPassword } from '../config/secret-file.ts';
import type { Clock } from '../domain/clock.ts';
import type { KeystoneCallers } from '../http/keystone-principal.ts';
import { parseServerAddress } from '../inventory/http-client/server-address.ts';
import { createKeystoneClient } from './keystone-client.ts';

/** Who counts by a token of Keystone, as configured; undefined: nobody. Fails with `configuration-invalid`. */
export async function createKeystoneCallers(
  nova: Config['nova'],
  clock: Clock,
): Promise<KeystoneCallers | undefined> {
  if (nova === undefined) return undefined;
  const { keystone, callerRoles, callerProject } = nova;
  const { url, caFile, user, userDomain, project, projectDomain } = keystone;
  return {
    keystone: createKeystoneClient(
      { clock },
      {
        address: parseServerAddress('keystone', url),
        ca: caFile === undefined ? undefined : await readCertificates(caFile),
        credential: {
          user,
          userDomain,
          password: await readPassword(keystone.passwordFile),
          project: project === undefined ? undefined : { name: project, domain: projectDomain },
        },
        timeoutMs: keystone.timeoutSeconds * 1000,
        cacheMs: keystone.cacheSeconds * 1000,
      },
    ),
    roles: callerRoles,
    project: callerProject,
  };
}
