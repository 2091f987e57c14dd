import type { Ntp } from '../../../../../schemas/types/common.ts';
import type { Machine } from '../../../plan/machine.ts';
import { emptyPlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { isEnabled, serviceManager } from '../../../platform/services/service-manager.ts';
import { editedFiles } from '../edited-files.ts';
import { renderSources } from '../sources.ts';
import type { TimeService } from '../time-service.ts';

const path = '/etc/conf.d/ntpd';
const services = ['ntpd'] as const;

/** ntpd of busybox, as Alpine starts it: its options are a variable of OpenRC's, whose last assignment counts. */
export const busyboxNtpd: TimeService = {
  name: 'busybox ntpd',
  suits: (machine) => isBusyboxNtpd(machine) && machine.files.text(path) !== undefined,
  isInUse: (machine) => isEnabled(services, machine),
  plan(ntp, owned, machine) {
    const lines = renderOptions(ntp);
    const texts = new Map([[path, machine.files.text(path) ?? '']]);
    const wanted = editedFiles(texts, path, lines, lines.length > 0, machine);
    const files = reconcileFiles('ntp', wanted, owned, machine.files);
    return {
      ...emptyPlan('ntp'),
      ...files,
      live: files.steps.length === 0 ? [] : serviceManager(machine).restart(services, machine),
    };
  },
};

/** Whether the `ntpd` of the machine is busybox's. */
export function isBusyboxNtpd(machine: Machine): boolean {
  const program = machine.program('ntpd');
  return program !== undefined && machine.files.link(program)?.endsWith('busybox') === true;
}

/** `-N` runs it at a high priority, as Alpine does; a pool is a peer to it. */
export function renderOptions(ntp: Ntp): readonly string[] {
  const peers = renderSources(ntp).map((line) => `-p ${line.split(' ')[1] ?? ''}`);
  return peers.length === 0 ? [] : [`NTPD_OPTS="-N ${peers.join(' ')}"`];
}
