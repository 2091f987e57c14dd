import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { chooseBackend } from '../resource-backend.ts';
import { ifupdown } from './ifupdown/ifupdown.ts';
import { networkd, networkdFallback } from './networkd/networkd.ts';

/** Addresses, gateways and routes of each interface, by the network service that the guest uses. */
export const network: Resource = {
  name: 'network',
  plan({ guest, owned }, machine) {
    const { interfaces } = guest.network;
    const backend = chooseBackend([networkd, ifupdown, networkdFallback], machine);
    if (backend === undefined) {
      if (interfaces.length === 0) return emptyPlan('network');
      return {
        ...emptyPlan('network'),
        skipped: 'neither systemd-networkd nor ifupdown is installed: install one',
      };
    }
    return backend.plan(interfaces, owned.files, machine);
  },
};
