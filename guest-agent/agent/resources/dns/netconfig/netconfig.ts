import type { Dns } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { findBlock, withBlock } from '../../../rendering/block.ts';
import { address, domainName, guard } from '../../../rendering/guard.ts';
import type { Backend } from '../../resource-backend.ts';

const path = '/etc/sysconfig/network/config';

/**
 * netconfig (SUSE), which makes resolv.conf from what wicked or NetworkManager learn and from its static settings. The shell
 * reads them: ours stand in a marked block at the end, and the last assignment counts.
 */
export const netconfig: Backend<Dns> = {
  name: 'netconfig',
  suits: (machine) => machine.program('netconfig') !== undefined && machine.files.entry(path) !== undefined,
  plan(dns, owned, machine) {
    const current = machine.files.text(path) ?? '';
    const { before, inside, after } = findBlock(current);
    const lines = renderNetconfig(dns);
    const wanted =
      lines.length === 0 && inside === undefined
        ? []
        : [
            {
              path,
              text: withBlock([...before, ...after], lines, []),
              attributes: machine.files.entry(path) ?? rootOwned(),
              ours: false,
            },
          ];
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
export function renderNetconfig({ servers = [], search = [] }: Dns): readonly string[] {
  return [
    ...(servers.length === 0
      ? []
      : [
          `NETCONFIG_DNS_STATIC_SERVERS='${servers.map((value) => guard('dns.servers[]', value, address)).join(' ')}'`,
        ]),
    ...(search.length === 0
      ? []
      : [
          `NETCONFIG_DNS_STATIC_SEARCHLIST='${search.map((value) => guard('dns.search[]', value, domainName)).join(' ')}'`,
        ]),
  ];
}
