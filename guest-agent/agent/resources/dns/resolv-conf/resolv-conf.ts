import type { Dns } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { address, domainName, guard } from '../../../rendering/guard.ts';
import type { Backend } from '../../resource-backend.ts';

const path = '/etc/resolv.conf';

/** `/etc/resolv.conf` as a plain file. With nothing wanted it stays as it is: a machine must resolve names somehow. */
export const resolvConf: Backend<Dns> = {
  name: 'resolv.conf',
  suits: () => true,
  plan(dns, owned, { files }) {
    const text = renderResolvConf(dns);
    const wanted = text === undefined ? [] : [{ path, text, ours: false }];
    return { ...emptyPlan('dns'), ...reconcileFiles('dns', wanted, owned, files) };
  },
};

/** resolv.conf(5); `undefined` if nothing is wanted. The C library asks the first three servers only. */
export function renderResolvConf({ servers = [], search = [] }: Dns): string | undefined {
  if (servers.length === 0 && search.length === 0) return undefined;
  const domains = search.map((value) => guard('dns.search[]', value, domainName));
  const lines = [
    '# Written by Ubugi.',
    ...(domains.length === 0 ? [] : [`search ${domains.join(' ')}`]),
    ...servers.map((value) => `nameserver ${guard('dns.servers[]', value, address)}`),
  ];
  return `${lines.join('\n')}\n`;
}
