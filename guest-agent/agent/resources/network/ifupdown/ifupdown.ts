import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import { emptyPlan, type LiveAction, type ResourcePlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import type { Backend } from '../../resource-backend.ts';
import { kernelNames } from '../kernel-names.ts';
import { renderStanzas } from './stanza.ts';

const main = '/etc/network/interfaces';
const path = '/etc/network/interfaces.d/ubugi';

/** ifupdown, Debian's own. It names interfaces by their kernel name, which is looked up by MAC address. */
export const ifupdown: Backend<GuestConfiguration['network']> = {
  name: 'ifupdown',
  suits: (machine) => machine.program('ifup') !== undefined && machine.files.entry(main) !== undefined,
  plan({ interfaces }, owned, machine) {
    if (machine.offline && interfaces.length > 0 && kernelNames(machine.files).size === 0) {
      return {
        ...emptyPlan('network'),
        owns: ownedPaths(owned),
        skipped: 'ifupdown needs the running kernel to name interfaces: done at the next boot',
      };
    }
    const names = kernelNames(machine.files);
    const problems: string[] = [];
    const stanzas: string[] = [];
    const devices: string[] = [];
    const mainText = machine.files.text(main) ?? '';
    for (const nic of interfaces) {
      const name = names.get(nic.mac);
      if (name === undefined)
        problems.push(
          `interface ${nic.mac}: the guest has none with that MAC address; attach it or correct the CMDB`,
        );
      else if (new RegExp(`^\\s*iface\\s+${name}\\s`, 'm').test(mainText)) {
        problems.push(`interface ${nic.mac}: ${main} already sets ${name}; remove it there`);
      } else {
        stanzas.push(renderStanzas(name, nic));
        devices.push(name);
      }
    }
    if (stanzas.length > 0 && !/^\s*source(-directory)?\s+(\/etc\/network\/)?interfaces\.d/m.test(mainText)) {
      problems.push(
        `${main} does not read interfaces.d: add the line \`source /etc/network/interfaces.d/*\``,
      );
    }
    // Half a network is worse than the one before: with a problem nothing is changed.
    if (problems.length > 0) return { ...emptyPlan('network'), owns: ownedPaths(owned), problems };
    const wanted =
      stanzas.length === 0 ? [] : [{ path, text: `# Written by Ubugi.\n${stanzas.join('\n')}`, ours: true }];
    const files = reconcileFiles('network', wanted, owned, machine.files);
    return {
      ...emptyPlan('network'),
      ...files,
      live: files.steps.length === 0 ? [] : live(devices, machine),
    };
  },
};

function ownedPaths(owned: Parameters<typeof reconcileFiles>[2]): ResourcePlan['owns'] {
  return owned.filter((file) => file.resource === 'network').map((file) => file.path);
}

/** ifupdown keeps this file from its first run at boot on; before that there is nothing to tell. */
function live(devices: readonly string[], machine: Machine): readonly LiveAction[] {
  const [ifup, ifdown] = [machine.program('ifup'), machine.program('ifdown')];
  if (ifup === undefined || ifdown === undefined || machine.files.entry('/run/network/ifstate') === undefined)
    return [];
  return devices.flatMap((device): readonly LiveAction[] => [
    { kind: 'command', argv: [ifdown, '--force', device], timeoutMs: 20_000 },
    { kind: 'command', argv: [ifup, '--force', device], timeoutMs: 30_000 },
  ]);
}
