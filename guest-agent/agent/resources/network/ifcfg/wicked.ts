import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import type { LiveAction } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import type { WantedFile } from '../../../plan/wanted-file.ts';
import { disabledLine, enabled } from '../../../rendering/disabled.ts';
import type { Backend } from '../../resource-backend.ts';
import { arrangeLinks, type Link } from '../links.ts';
import { planNamed } from '../named.ts';
import { planIfcfgFiles } from './ifcfg-files.ts';
import { wickedFiles } from './wicked-files.ts';

const folder = '/etc/sysconfig/network';
const service = 'wicked.service';

/** wicked (SUSE), which reads ifcfg(5) and ifroute(5) files below `/etc/sysconfig/network`. */
export const wicked: Backend<GuestConfiguration['network']> = {
  name: 'wicked',
  suits: (machine) => machine.program('wicked') !== undefined && isEnabled(machine),
  plan: (network, owned, machine) =>
    planNamed(arrangeLinks(network), owned, machine, (links) => {
      const files = links.flatMap(wickedFiles);
      const routes = commonRoutes(links, machine);
      return planIfcfgFiles(folder, /^if(cfg|route)-/, files, routes, owned, machine, () =>
        live(links, machine),
      );
    }),
};

/** The file of all links' routes, less its default routes of a family for which we have one. */
function commonRoutes(links: readonly Link[], { files }: Machine): readonly WantedFile[] {
  const path = `${folder}/routes`;
  const current = files.text(path);
  if (current === undefined) return [];
  const four = links.some(({ addressing }) => addressing.gateway4 !== undefined);
  const six = links.some(({ addressing }) => addressing.gateway6 !== undefined);
  const text = enabled(current).replaceAll(
    /^[ \t]*(?:default|0\.0\.0\.0\/0|::\/0)[ \t]+(\S+).*$/gm,
    (line, gateway: string) => ((gateway.includes(':') ? six : four) ? disabledLine(line) : line),
  );
  return text === current ? [] : [{ path, text, attributes: files.entry(path) ?? rootOwned(), ours: false }];
}

/** Which network service is in use is said by the target of an alias of its unit. */
function isEnabled({ files }: Machine): boolean {
  return (
    (files.link('/etc/systemd/system/network.service') ?? '').endsWith(`/${service}`) ||
    ['network-online.target.wants', 'multi-user.target.wants'].some(
      (wants) => files.entry(`/etc/systemd/system/${wants}/${service}`) !== undefined,
    )
  );
}

/** `ifreload` takes down what changed, and up again; wickedd has its folder from its start on. */
function live(links: readonly Link[], machine: Machine): readonly LiveAction[] {
  const program = machine.program('wicked');
  if (program === undefined || links.length === 0 || machine.files.entry('/run/wicked') === undefined)
    return [];
  return [
    { kind: 'command', argv: [program, 'ifreload', ...links.map(({ name }) => name)], timeoutMs: 60_000 },
  ];
}
