import type { Dns } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { wantedBlock } from '../../../plan/wanted-block.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import type { Backend } from '../../resource-backend.ts';
import { updateResolvConf } from '../openresolv/openresolv.ts';
import { renderSearch, renderServers } from '../resolv-conf/render.ts';

const folder = '/etc/resolvconf/resolv.conf.d';

/**
 * Debian's resolvconf, where `/etc/resolv.conf` is a link to its file below /run. Servers go to `head`, in front of those of
 * interfaces; search domains to `base`, since the C library takes the last `search` line.
 */
export const debianResolvconf: Backend<Dns> = {
  name: 'resolvconf',
  suits: ({ files }) =>
    files.entry(folder) !== undefined && /(^|\/)resolvconf\//.test(files.link('/etc/resolv.conf') ?? ''),
  plan(dns, owned, machine) {
    const wanted = [
      ...wantedBlock(`${folder}/head`, renderServers(dns), 'last', owned, machine.files),
      ...wantedBlock(`${folder}/base`, renderSearch(dns), 'last', owned, machine.files),
    ];
    const files = reconcileFiles('dns', wanted, owned, machine.files);
    return {
      ...emptyPlan('dns'),
      ...files,
      live: files.steps.length === 0 ? [] : updateResolvConf(machine),
    };
  },
};
