import type { Dns } from '../../../../../schemas/types/common.ts';
import { type Change, emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import type { Backend } from '../../resource-backend.ts';
import { heldDhcpClients } from './dhcp-clients.ts';
import { renderResolvConf } from './render.ts';

const path = '/etc/resolv.conf';

/**
 * `/etc/resolv.conf` as a plain file. With nothing wanted it stays as it is: a machine must resolve names somehow. Where it
 * is a link to the file of a service that no back end is for, the link gives way, and the report says so.
 */
export const resolvConf: Backend<Dns> = {
  name: 'resolv.conf',
  suits: () => true,
  plan(dns, owned, { files }) {
    const text = renderResolvConf(dns, files.text(path));
    const wanted = text === undefined ? [] : [{ path, text, ours: false }];
    const held = heldDhcpClients(text !== undefined, owned, files);
    const plan = reconcileFiles('dns', [...wanted, ...held], owned, files);
    const target = files.link(path);
    const explain = (change: Change): Change =>
      target === undefined || change.target !== path
        ? change
        : { ...change, detail: `was a link to ${target}, whose writer is no longer heard`.slice(0, 500) };
    return { ...emptyPlan('dns'), ...plan, changes: plan.changes.map(explain) };
  },
};
