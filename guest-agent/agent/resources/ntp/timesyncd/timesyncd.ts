import type { Ntp } from '../../../../../schemas/types/common.ts';
import type { Machine } from '../../../plan/machine.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { isEnabled, serviceManager } from '../../../platform/services/service-manager.ts';
import { renderSources } from '../sources.ts';
import type { TimeService } from '../time-service.ts';

const path = '/etc/systemd/timesyncd.conf.d/50-ubugi.conf';
const services = ['systemd-timesyncd'] as const;

/** systemd-timesyncd. It comes with systemd on some systems: only where it is enabled does being installed say anything. */
export const timesyncd: TimeService = {
  name: 'systemd-timesyncd',
  suits: (machine) => machine.program('systemd-timesyncd') !== undefined,
  isInUse: (machine) => isRunning(machine) || isEnabled(services, machine),
  plan(ntp, owned, machine) {
    const text = renderTimesyncd(ntp);
    const files = reconcileFiles(
      'ntp',
      text === undefined ? [] : [{ path, text, ours: true }],
      owned,
      machine.files,
    );
    return {
      ...emptyPlan('ntp'),
      ...files,
      live:
        files.steps.length === 0 || !isRunning(machine)
          ? []
          : serviceManager(machine).restart(services, machine),
    };
  },
};

function isRunning({ files }: Machine): boolean {
  return files.entry('/run/systemd/timesync') !== undefined;
}

/** timesyncd.conf(5); a pool is a server to it. The empty fall-back list drops the distribution's own. */
export function renderTimesyncd(ntp: Ntp): string | undefined {
  const names = renderSources(ntp).map((line) => line.split(' ')[1] ?? '');
  if (names.length === 0) return undefined;
  return `# Written by Ubugi.\n[Time]\nNTP=\nNTP=${names.join(' ')}\nFallbackNTP=\n`;
}
