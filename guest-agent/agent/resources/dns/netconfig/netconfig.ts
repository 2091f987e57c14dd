import type { Dns } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { wantedBlock } from '../../../plan/wanted-block.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import type { Backend } from '../../resource-backend.ts';
import { assigned, searchDomains, serverAddresses } from '../values.ts';

const path = '/etc/sysconfig/network/config';

/**
 * netconfig (SUSE), which makes resolv.conf from what wicked or NetworkManager learn and from its static settings. The shell
 * reads them: ours stand in a marked block at the end, and the last assignment counts.
 */
export const netconfig: Backend<Dns> = {
  name: 'netconfig',
  suits: (machine) => machine.program('netconfig') !== undefined && machine.files.entry(path) !== undefined,
  plan(dns, owned, machine) {
    const wanted = wantedBlock(path, renderNetconfig(dns), 'last', owned, machine.files);
    const files = reconcileFiles('dns', wanted, owned, machine.files);
    const program = machine.program('netconfig');
    // It has this folder once it has run; at boot it runs after us, when the first interface comes up.
    const running = machine.files.entry('/run/netconfig') !== undefined;
    return {
      ...emptyPlan('dns'),
      ...files,
      live:
        files.steps.length === 0 || program === undefined || !running
          ? []
          : [{ kind: 'command', argv: [program, 'update', '-f'], timeoutMs: 20_000 }],
    };
  },
};

/** Assignments of `/etc/sysconfig/network/config`. */
export function renderNetconfig(dns: Dns): readonly string[] {
  return [
    ...assigned('NETCONFIG_DNS_STATIC_SERVERS', serverAddresses(dns)),
    ...assigned('NETCONFIG_DNS_STATIC_SEARCHLIST', searchDomains(dns)),
  ];
}
