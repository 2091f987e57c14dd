import type { NetworkInterface } from '../../../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import { missingFolders } from '../../../plan/missing-folders.ts';
import { type Change, emptyPlan, type LiveAction } from '../../../plan/plan.ts';
import { rootOwned, type Step } from '../../../plan/step.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import type { Backend } from '../../resource-backend.ts';
import { renderNetworkUnit, unitPath } from './unit.ts';

const unit = 'systemd-networkd.service';
const wants = `/etc/systemd/system/multi-user.target.wants/${unit}`;

/** systemd-networkd where it is enabled. */
export const networkd: Backend<GuestConfiguration['network']> = {
  name: 'systemd-networkd',
  suits: (machine) => installed(machine) && enabled(machine),
  plan({ interfaces }, owned, machine) {
    const files = units(interfaces, owned, machine);
    return { ...emptyPlan('network'), ...files, live: live(files.steps.length > 0, machine) };
  },
};

/** systemd-networkd where it is there but not enabled and nothing else is there: it gets enabled. */
export const networkdFallback: Backend<GuestConfiguration['network']> = {
  name: 'systemd-networkd',
  suits: installed,
  plan({ interfaces }, owned, machine) {
    const files = units(interfaces, owned, machine);
    if (interfaces.length === 0) return { ...emptyPlan('network'), ...files };
    const target = ['/usr/lib/systemd/system', '/lib/systemd/system']
      .map((folder) => `${folder}/${unit}`)
      .find((path) => machine.files.entry(path) !== undefined);
    if (target === undefined)
      return { ...emptyPlan('network'), skipped: `${unit} is not installed: install it` };
    const planned = new Set(files.steps.map((step) => step.path));
    const steps: readonly Step[] = [
      ...missingFolders(wants, machine.files, rootOwned(0o755), planned),
      { kind: 'link', path: wants, target },
    ];
    const change: Change = { action: 'create', target: wants, detail: 'networkd enabled' };
    const systemctl = machine.program('systemctl');
    return {
      ...emptyPlan('network'),
      steps: [...files.steps, ...steps],
      changes: [...files.changes, change],
      owns: files.owns,
      live:
        systemctl === undefined
          ? []
          : [
              { kind: 'command', argv: [systemctl, 'daemon-reload'], timeoutMs: 20_000 },
              { kind: 'command', argv: [systemctl, '--no-block', 'start', unit], timeoutMs: 10_000 },
            ],
    };
  },
};

function units(
  interfaces: readonly NetworkInterface[],
  owned: Parameters<typeof reconcileFiles>[2],
  machine: Machine,
): ReturnType<typeof reconcileFiles> {
  const wanted = interfaces.map((nic) => ({ path: unitPath(nic), text: renderNetworkUnit(nic), ours: true }));
  return reconcileFiles('network', wanted, owned, machine.files);
}

function installed(machine: Machine): boolean {
  return machine.program('systemd-networkd') !== undefined;
}

function enabled({ files }: Machine): boolean {
  return [wants, '/etc/systemd/system/dbus-org.freedesktop.network1.service'].some(
    (path) => files.entry(path) !== undefined,
  );
}

/** networkd has this folder from its start on; before that there is nothing to tell. */
function live(changed: boolean, machine: Machine): readonly LiveAction[] {
  const networkctl = machine.program('networkctl');
  const running = machine.files.entry('/run/systemd/netif/state') !== undefined;
  if (!changed || networkctl === undefined || !running) return [];
  const systemctl = machine.program('systemctl');
  // networkctl speaks to networkd over D-Bus, which comes up after it: cloud-init runs us in between.
  if (machine.files.entry('/run/dbus/system_bus_socket') === undefined && systemctl !== undefined) {
    return [{ kind: 'command', argv: [systemctl, '--no-block', 'try-restart', unit], timeoutMs: 10_000 }];
  }
  return [{ kind: 'command', argv: [networkctl, 'reload'], timeoutMs: 20_000 }];
}
