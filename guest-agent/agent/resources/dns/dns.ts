import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { chooseBackend } from '../resource-backend.ts';
import { debianResolvconf } from './debian-resolvconf/debian-resolvconf.ts';
import { netconfig } from './netconfig/netconfig.ts';
import { networkManagerDns } from './network-manager/network-manager.ts';
import { openresolv } from './openresolv/openresolv.ts';
import { resolvConf } from './resolv-conf/resolv-conf.ts';
import { resolved } from './resolved/resolved.ts';

/** Name servers and search domains, by whatever writes `/etc/resolv.conf`: what it links to tells. */
export const dns: Resource = {
  name: 'dns',
  plan({ guest, owned }, machine) {
    const backend = chooseBackend(
      [resolved, netconfig, networkManagerDns, debianResolvconf, openresolv, resolvConf],
      machine,
    );
    return backend === undefined ? emptyPlan('dns') : backend.plan(guest.dns, owned.files, machine);
  },
};
