import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { chooseBackend } from '../resource-backend.ts';
import { chrony } from './chrony/chrony.ts';
import { timesyncd } from './timesyncd/timesyncd.ts';

/** Time servers; where some are wanted, the distribution's own pool is no longer asked. */
export const ntp: Resource = {
  name: 'ntp',
  plan({ guest, owned }, machine) {
    const backend = chooseBackend([chrony, timesyncd], machine);
    if (backend !== undefined) return backend.plan(guest.ntp, owned.files, machine);
    const wanted = (guest.ntp.servers?.length ?? 0) + (guest.ntp.pools?.length ?? 0) > 0;
    const empty = emptyPlan('ntp');
    return wanted
      ? { ...empty, skipped: 'neither chrony nor systemd-timesyncd is installed: install one' }
      : empty;
  },
};
