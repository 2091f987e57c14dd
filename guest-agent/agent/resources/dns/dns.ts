import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { chooseBackend } from '../resource-backend.ts';
import { netconfig } from './netconfig/netconfig.ts';
import { networkManagerDns } from './network-manager/network-manager.ts';
import { resolvConf } from './resolv-conf/resolv-conf.ts';
import { resolved } from './resolved/resolved.ts';

/** Name servers and search domains. */
export const dns: Resource = {
  name: 'dns',
  plan({ guest, owned }, machine) {
    const backend = chooseBackend([resolved, netconfig, networkManagerDns, resolvConf], machine);
    return backend === undefined ? emptyPlan('dns') : backend.plan(guest.dns, owned.files, machine);
  },
};
