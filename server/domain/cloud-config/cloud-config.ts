import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { ScriptFile } from '../compose/composition.ts';
import { cloudFiles, scriptPath } from './cloud-files.ts';
import { cloudUsers } from './cloud-users.ts';
import { isIpv6Literal } from './ipv6-literal.ts';

/**
 * A guest configuration as the cloud-config of a guest in which nothing of ours runs (cloud-init 22.4.2, module
 * reference). Network and name servers are in `network_data.json`; what cannot be said is told by `inexpressible`.
 * @param scripts content of the guest's scripts
 */
export function cloudConfig(
  guest: GuestConfiguration,
  scripts: readonly ScriptFile[],
): Readonly<Record<string, unknown>> {
  const { hostname, groups, accounts } = guest;
  const files = cloudFiles(guest, scripts);
  return {
    hostname: hostname.name,
    ...(hostname.fqdn === undefined ? {} : { fqdn: hostname.fqdn }),
    prefer_fqdn_over_hostname: false,
    preserve_hostname: false,
    // Its own entry only: the rest of /etc/hosts stays as it is.
    manage_etc_hosts: 'localhost',
    // Without the package `locales` any other value makes cloud-init end with an error.
    locale: 'C.UTF-8',
    ...(groups.length === 0 ? {} : { groups: groups.map(({ name }) => name) }),
    // No default user, who might sudo without a password. A list of no names where nobody else is in it, because the
    // schema of cloud-init 22.4.2 does not take an empty list of users.
    users: accounts.length === 0 ? [[]] : cloudUsers(guest),
    ...timeServers(guest),
    ...(files.length === 0 ? {} : { write_files: files }),
    ...(guest.scripts.length === 0
      ? {}
      : {
          runcmd: guest.scripts.map(({ name, timeoutSeconds }) => [
            'timeout',
            '-k',
            '10',
            String(timeoutSeconds),
            scriptPath(name),
          ]),
        }),
  };
}

/** Without any server cloud-init would take those of the distribution. */
function timeServers({ ntp }: GuestConfiguration): Readonly<Record<string, unknown>> {
  const servers = (ntp.servers ?? []).filter((server) => !isIpv6Literal(server));
  const pools = ntp.pools ?? [];
  return servers.length + pools.length === 0 ? {} : { ntp: { enabled: true, servers, pools } };
}
