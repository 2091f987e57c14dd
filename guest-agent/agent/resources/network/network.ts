import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import { emptyPlan, type Resource, type ResourcePlan } from '../../plan/plan.ts';
import { chooseBackend } from '../resource-backend.ts';
import { ifcfg } from './ifcfg/ifcfg.ts';
import { wicked } from './ifcfg/wicked.ts';
import { ifupdown } from './ifupdown/ifupdown.ts';
import { netplan } from './netplan/netplan.ts';
import { networkManager } from './network-manager/network-manager.ts';
import { networkd, networkdFallback } from './networkd/networkd.ts';

/** Addresses, gateways and routes of each interface, by the network service that the guest uses. */
export const network: Resource = {
  name: 'network',
  plan({ guest, owned }, machine) {
    const { interfaces } = guest.network;
    const backend = chooseBackend(
      [netplan, networkd, wicked, networkManager, ifupdown, ifcfg, networkdFallback],
      machine,
    );
    if (backend === undefined) {
      if (interfaces.length === 0) return emptyPlan('network');
      return {
        ...emptyPlan('network'),
        skipped: 'no network service is known here: install systemd-networkd or ifupdown',
      };
    }
    return inTime(backend.plan(guest.network, owned.files, machine), guest, machine);
  },
};

/** What the running system would be told is left to the next boot, unless the machine is starting or policy allows it. */
function inTime(plan: ResourcePlan, { network: wanted }: GuestConfiguration, machine: Machine): ResourcePlan {
  if (plan.live.length === 0 || machine.booting || wanted.live === true) return plan;
  const [first, ...others] = plan.changes;
  if (first === undefined) return { ...plan, live: [] };
  const detail = [first.detail, 'takes effect at the next boot'].filter((part) => part !== undefined);
  return { ...plan, live: [], changes: [{ ...first, detail: detail.join('; ').slice(0, 500) }, ...others] };
}
