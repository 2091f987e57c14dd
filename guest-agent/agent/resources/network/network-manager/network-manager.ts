import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import { type Check, emptyPlan, type LiveAction } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { runningNetworkManager, usesNetworkManager } from '../../../platform/network-manager.ts';
import type { Backend } from '../../resource-backend.ts';
import { configuredByScripts } from '../configured-by-scripts.ts';
import { arrangeLinks } from '../links.ts';
import { type Keyfile, renderKeyfile } from './keyfile.ts';

/** NetworkManager, by one keyfile a NIC, bond and VLAN. */
export const networkManager: Backend<GuestConfiguration['network']> = {
  name: 'NetworkManager',
  // Debian's NetworkManager leaves alone what stands in ifupdown's files.
  suits: (machine) => usesNetworkManager(machine) && !configuredByScripts(machine),
  plan(network, owned, machine) {
    // From the bottom up: that is the order in which they are brought up.
    const keyfiles = arrangeLinks(network).map(renderKeyfile);
    const wanted = keyfiles.map(({ path, text }) => ({
      path,
      text,
      // NetworkManager ignores a keyfile that others may read.
      attributes: rootOwned(0o600),
      folders: rootOwned(0o700),
      ours: true,
    }));
    const files = reconcileFiles('network', wanted, owned, machine.files);
    const written = new Set(files.steps.flatMap((step) => (step.kind === 'file' ? [step.path] : [])));
    const changed = keyfiles.filter(({ path }) => written.has(path));
    return {
      ...emptyPlan('network'),
      ...files,
      checks: checks(changed, machine),
      live: files.steps.length === 0 ? [] : live(changed, machine),
    };
  },
};

/** nmcli reads a connection from its input, which a shell has to open. Before 1.38 it does not know `--offline`. */
function checks(keyfiles: readonly Keyfile[], machine: Machine): readonly Check[] {
  const nmcli = machine.program('nmcli');
  if (nmcli === undefined) return [];
  const script = 'exec "$0" --offline connection modify <"$1"';
  return keyfiles.map(({ path, text }) => ({
    what: `nmcli on ${path}`,
    stage: () => [{ name: 'keyfile', text }],
    argv: (folder) => ['/bin/sh', '-c', script, nmcli, `${folder}/keyfile`],
    judge: ({ status, output }) =>
      status === 0 || output.includes("'--offline' is unknown") ? undefined : output.trim().slice(-300),
  }));
}

/** A member of a bond comes up with its bond. */
function live(changed: readonly Keyfile[], machine: Machine): readonly LiveAction[] {
  const nmcli = runningNetworkManager(machine);
  if (nmcli === undefined) return [];
  const changedIds = new Set(changed.map(({ uuid }) => uuid));
  return [
    { kind: 'command', argv: [nmcli, 'connection', 'reload'], timeoutMs: 20_000 },
    ...changed
      .filter(({ controller }) => controller === undefined || !changedIds.has(controller))
      .map(
        ({ uuid }): LiveAction => ({
          kind: 'command',
          argv: [nmcli, '--wait', '20', 'connection', 'up', 'uuid', uuid],
          timeoutMs: 30_000,
        }),
      ),
  ];
}
