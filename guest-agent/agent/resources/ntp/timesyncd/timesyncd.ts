import type { Ntp } from '../../../../../schemas/types/common.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { serviceManager } from '../../../platform/services/service-manager.ts';
import type { Backend } from '../../resource-backend.ts';
import { renderSources } from '../chrony/sources.ts';

const path = '/etc/systemd/timesyncd.conf.d/50-ubugi.conf';

/** systemd-timesyncd. */
export const timesyncd: Backend<Ntp> = {
  name: 'systemd-timesyncd',
  suits: (machine) => machine.program('systemd-timesyncd') !== undefined,
  plan(ntp, owned, machine) {
    const text = renderTimesyncd(ntp);
    const files = reconcileFiles(
      'ntp',
      text === undefined ? [] : [{ path, text, ours: true }],
      owned,
      machine.files,
    );
    const running = machine.files.entry('/run/systemd/timesync') !== undefined;
    return {
      ...emptyPlan('ntp'),
      ...files,
      live:
        files.steps.length === 0 || !running
          ? []
          : serviceManager(machine).restart(['systemd-timesyncd'], machine),
    };
  },
};

/** timesyncd.conf(5); a pool is a server to it. The empty fall-back list drops the distribution's own. */
export function renderTimesyncd(ntp: Ntp): string | undefined {
  const names = renderSources(ntp).map((line) => line.split(' ')[1] ?? '');
  if (names.length === 0) return undefined;
  return `# Written by Ubugi.\n[Time]\nNTP=\nNTP=${names.join(' ')}\nFallbackNTP=\n`;
}
