import type { Dns } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { serviceManager } from '../../../platform/services/service-manager.ts';
import type { Backend } from '../../resource-backend.ts';
import { searchDomains, serverAddresses } from '../values.ts';

const path = '/etc/systemd/resolved.conf.d/50-ubugi.conf';

/** systemd-resolved, where `/etc/resolv.conf` is a link to one of its files. */
export const resolved: Backend<Dns> = {
  name: 'systemd-resolved',
  suits: (machine) =>
    machine.program('systemd-resolved') !== undefined &&
    /(^|\/)systemd\/resolve\//.test(machine.files.link('/etc/resolv.conf') ?? ''),
  plan(dns, owned, machine) {
    const text = renderResolvedDropIn(dns);
    const files = reconcileFiles(
      'dns',
      text === undefined ? [] : [{ path, text, ours: true }],
      owned,
      machine.files,
    );
    const running = machine.files.entry('/run/systemd/resolve/resolv.conf') !== undefined;
    return {
      ...emptyPlan('dns'),
      ...files,
      live:
        files.steps.length === 0 || !running
          ? []
          : serviceManager(machine).restart(['systemd-resolved'], machine),
    };
  },
};

/** resolved.conf(5). The empty `DNS=` drops servers of earlier files; no fall-back servers of the distribution. */
export function renderResolvedDropIn(dns: Dns): string | undefined {
  const [servers, search] = [serverAddresses(dns), searchDomains(dns)];
  if (servers.length === 0 && search.length === 0) return undefined;
  const lines = ['# Written by Ubugi.', '[Resolve]'];
  if (servers.length > 0) {
    lines.push('DNS=', `DNS=${servers.join(' ')}`, 'FallbackDNS=');
  }
  if (search.length > 0) lines.push(`Domains=${search.join(' ')}`);
  return `${lines.join('\n')}\n`;
}
