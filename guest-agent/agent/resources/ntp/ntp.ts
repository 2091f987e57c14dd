import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { busyboxNtpd } from './busybox-ntpd/busybox-ntpd.ts';
import { chrony } from './chrony/chrony.ts';
import { ntpd } from './ntpd/ntpd.ts';
import { timesyncd } from './timesyncd/timesyncd.ts';

/**
 * Time servers; where some are wanted, the distribution's own pool is no longer asked. Of several services the one that is
 * started at boot gets them; what we once wrote into the others is taken back.
 */
export const ntp: Resource = {
  name: 'ntp',
  plan({ guest, owned }, machine) {
    const installed = [chrony, ntpd, busyboxNtpd, timesyncd].filter((service) => service.suits(machine));
    const chosen =
      installed.find((service) => service.isInUse(machine)) ??
      installed.find((service) => service !== timesyncd);
    const others = installed
      .filter((service) => service !== chosen)
      .map((service) => service.plan({}, [], machine));
    const wanted = (guest.ntp.servers?.length ?? 0) + (guest.ntp.pools?.length ?? 0) > 0;
    const plan = chosen?.plan(guest.ntp, owned.files, machine) ?? {
      ...emptyPlan('ntp'),
      ...reconcileFiles('ntp', [], owned.files, machine.files),
      ...(wanted ? { skipped: 'no time service is in use: install and enable chrony' } : {}),
    };
    return {
      ...plan,
      changes: [...plan.changes, ...others.flatMap(({ changes }) => changes)],
      steps: [...plan.steps, ...others.flatMap(({ steps }) => steps)],
      live: [...plan.live, ...others.flatMap(({ live }) => live)],
    };
  },
};
