import { appliedPath } from '../../apply/records/applied.ts';
import type { FileView, Machine } from '../../plan/machine.ts';
import { emptyPlan, type Resource } from '../../plan/plan.ts';
import { rootOwned, type Step } from '../../plan/step.ts';
import { serviceManager } from '../../platform/services/service-manager.ts';

const path = '/etc/machine-id';
const dbusPath = '/var/lib/dbus/machine-id';

/**
 * The machine-id (machine-id(5)) of a new instance: its UUID, as systemd itself takes it from the firmware where the
 * image has none. An image that was made from a machine has that machine's.
 */
export const machineId: Resource = {
  name: 'machine-id',
  plan({ guest }, machine) {
    const plan = emptyPlan('machine-id');
    if (!isFirstApplication(guest.instance.id, machine.files)) return plan;
    const text = `${guest.instance.id.replaceAll('-', '')}\n`;
    const steps = [...etcStep(text, machine), ...dbusStep(machine)];
    return {
      ...plan,
      steps,
      changes: steps.map((step) => ({ action: 'update', target: step.path })),
      // Its files lie in a folder that the machine-id names, and journalctl(1) looks for the new one.
      live: steps.length === 0 ? [] : serviceManager(machine).restart(['systemd-journald'], machine),
    };
  },
};

/** Whether nothing was applied to this instance yet. */
function isFirstApplication(instance: string, view: FileView): boolean {
  const text = view.text(appliedPath);
  return text === undefined || (JSON.parse(text) as { readonly instance?: unknown }).instance !== instance;
}

function etcStep(text: string, machine: Machine): readonly Step[] {
  const entry = machine.files.entry(path);
  const isUsed = entry !== undefined || machine.program('systemctl') !== undefined;
  if (!isUsed || machine.files.text(path) === text) return [];
  // One that is mounted there was made by systemd in this very boot, which puts it down for good later on.
  const isMounted = entry !== undefined && entry.device !== machine.files.entry('/etc')?.device;
  if (isMounted || (entry !== undefined && entry.kind !== 'file')) return [];
  return [{ kind: 'file', path, text, attributes: rootOwned(0o444) }];
}

/** D-Bus's own; a link on most systems. */
function dbusStep({ files }: Machine): readonly Step[] {
  if (files.entry(dbusPath)?.kind !== 'file') return [];
  return [{ kind: 'link', path: dbusPath, target: path }];
}
