import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import { missingFolders } from '../../../plan/missing-folders.ts';
import type { OwnedFile } from '../../../plan/ownership.ts';
import { type Change, emptyPlan, type LiveAction } from '../../../plan/plan.ts';
import { rootOwned, type Step } from '../../../plan/step.ts';
import { type FileReconciliation, reconcileFiles } from '../../../plan/wanted-file.ts';
import { serviceManager } from '../../../platform/services/service-manager.ts';
import type { Backend } from '../../resource-backend.ts';
import { arrangeLinks, type Link } from '../links.ts';
import { renderNetworkdFiles } from './unit.ts';

const unit = 'systemd-networkd.service';
const wants = `/etc/systemd/system/multi-user.target.wants/${unit}`;

/** systemd-networkd where it is enabled. */
export const networkd: Backend<GuestConfiguration['network']> = {
  name: 'systemd-networkd',
  suits: (machine) => installed(machine) && enabled(machine),
  plan(wanted, owned, machine) {
    const byUs = owned.some(({ path }) => path === wants);
    const files = reconcile(arrangeLinks(wanted), owned, machine, byUs);
    return { ...emptyPlan('network'), ...files, live: live(files.steps, machine) };
  },
};

/** systemd-networkd where it is there but not enabled and nothing else is there: it gets enabled. */
export const networkdFallback: Backend<GuestConfiguration['network']> = {
  name: 'systemd-networkd',
  suits: installed,
  plan(wanted, owned, machine) {
    const links = arrangeLinks(wanted);
    const files = reconcile(links, owned, machine, true);
    if (links.length === 0) return { ...emptyPlan('network'), ...files };
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

/** @param enabledByUs the link that enables the service is ours, and goes with the last of our files. */
function reconcile(
  links: readonly Link[],
  owned: readonly OwnedFile[],
  machine: Machine,
  enabledByUs: boolean,
): FileReconciliation {
  const staysEnabled = enabledByUs && links.length > 0;
  const wanted = renderNetworkdFiles(links, { permanentMac: (version(machine) ?? 0) >= 245 });
  const files = reconcileFiles(
    'network',
    wanted.map((file) => ({ ...file, ours: true })),
    staysEnabled ? owned.filter(({ path }) => path !== wants) : owned,
    machine.files,
  );
  return staysEnabled ? { ...files, owns: [...files.owns, wants] } : files;
}

function installed(machine: Machine): boolean {
  return machine.program('systemd-networkd') !== undefined;
}

function enabled({ files }: Machine): boolean {
  return [wants, '/etc/systemd/system/dbus-org.freedesktop.network1.service'].some(
    (path) => files.entry(path) !== undefined,
  );
}

/** The version of systemd, from the name of its library: no process has to be started to learn it. */
function version({ files }: Machine): number | undefined {
  const numbers = ['/usr/lib/systemd', '/usr/lib64/systemd', '/lib/systemd']
    .flatMap((folder) => files.list(folder))
    .flatMap((name) => /^libsystemd-shared-([0-9]{3})\b/.exec(name)?.[1] ?? []);
  return numbers.length === 0 ? undefined : Number(numbers[0]);
}

/** networkd has this folder from its start on; before that there is nothing to tell. */
function live(steps: readonly Step[], machine: Machine): readonly LiveAction[] {
  const networkctl = machine.program('networkctl');
  const running = machine.files.entry('/run/systemd/netif/state') !== undefined;
  if (steps.length === 0 || networkctl === undefined || !running) return [];
  const restart = serviceManager(machine).restart(['systemd-networkd'], machine);
  // networkctl speaks to networkd over D-Bus, which comes up after it: cloud-init runs us in between.
  if (machine.files.entry('/run/dbus/system_bus_socket') === undefined && restart.length > 0) return restart;
  // A reload makes what is new, but neither changes nor removes a link that is there.
  const stale = steps.flatMap(({ path }) => {
    const name = /\/04-ubugi-(.*)\.netdev$/.exec(path)?.[1];
    return name !== undefined && machine.files.entry(`/sys/class/net/${name}`) !== undefined ? [name] : [];
  });
  if (stale.length === 0) return [{ kind: 'command', argv: [networkctl, 'reload'], timeoutMs: 20_000 }];
  return [{ kind: 'command', argv: [networkctl, 'delete', ...stale], timeoutMs: 20_000 }, ...restart];
}
