import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { FileView, Machine } from '../../../plan/machine.ts';
import { type Check, emptyPlan, type LiveAction, PlanError } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { runningNetworkManager, usesNetworkManager } from '../../../platform/network-manager.ts';
import type { Backend } from '../../resource-backend.ts';
import { configuredByScripts } from '../configured-by-scripts.ts';
import { kernelNames } from '../kernel-names.ts';
import { arrangeLinks, type Link } from '../links.ts';
import { networkd } from '../networkd/networkd.ts';
import { renderNetplan } from './definitions.ts';

const own = '90-ubugi.yaml';
const path = `/etc/netplan/${own}`;

/** Netplan, by a file of our own beside cloud-init's. */
export const netplan: Backend<GuestConfiguration['network']> = {
  name: 'netplan',
  suits: (machine) =>
    generator(machine.files) !== undefined &&
    (configurations(machine.files).size > 0 || !configuredByScripts(machine)),
  plan(network, owned, machine) {
    const { files } = machine;
    const links = arrangeLinks(network);
    const others = new Map([...configurations(files)].filter(([name]) => name !== own));
    refuseMerging(links, others);
    const networkManager =
      usesNetworkManager(machine) &&
      (!networkd.suits(machine) ||
        [...others.values()].some((text) => /\brenderer["']?\s*:\s*["']?NetworkManager/.test(text)));
    const text = renderNetplan(links, { networkManager, names: kernelNames(files) });
    const reconciled = reconcileFiles(
      'network',
      links.length === 0 ? [] : [{ path, text, attributes: rootOwned(0o600), ours: true }],
      owned,
      files,
    );
    const written = reconciled.steps.some((step) => step.path === path && step.kind === 'file');
    return {
      ...emptyPlan('network'),
      ...reconciled,
      checks: written ? check(new Map([...others, [own, text]]), files) : [],
      live: reconciled.steps.length === 0 ? [] : live(machine),
    };
  },
};

/** The C program behind `netplan generate`; since 1.2 it is called `configure`. */
function generator(files: FileView): string | undefined {
  return [
    '/usr/libexec/netplan/configure',
    '/usr/libexec/netplan/generate',
    '/usr/lib/netplan/generate',
    '/lib/netplan/generate',
  ].find((program) => files.entry(program) !== undefined);
}

/** Texts by name of the file; one in /run hides one of that name in /etc, and that one in /lib (netplan(5)). */
function configurations(files: FileView): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const folder of ['/lib/netplan', '/etc/netplan', '/run/netplan']) {
    for (const name of files.list(folder).filter((entry) => entry.endsWith('.yaml')))
      texts.set(name, files.text(`${folder}/${name}`) ?? '');
  }
  return texts;
}

/** Definitions of one id are merged and lists in them joined: addresses of the other file would come along. */
function refuseMerging(links: readonly Link[], others: ReadonlyMap<string, string>): void {
  for (const { name } of links.filter(({ kind }) => kind === 'bond' || kind === 'vlan')) {
    const defined = new RegExp(`(^|[\\s{,])["']?${name.replaceAll('.', '\\.')}["']?\\s*:(\\s|$)`, 'm');
    for (const [file, text] of others) {
      if (defined.test(text.replace(/#.*$/gm, '')))
        throw new PlanError(`netplan's ${file} already defines ${name}: remove it there`);
    }
  }
}

/** Netplan reads all files as they would be and writes what it makes of them below the staged folder. */
function check(texts: ReadonlyMap<string, string>, files: FileView): readonly Check[] {
  const program = generator(files);
  if (program === undefined) return [];
  const staged = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    {
      what: `netplan on ${path}`,
      stage: () => staged.map(([name, text]) => ({ name, text })),
      argv: (folder) => [program, '--root-dir', folder, ...staged.map(([name]) => `${folder}/${name}`)],
      judge: ({ status, output }) => (status === 0 ? undefined : output.trim().slice(-300)),
    },
  ];
}

/** Before the network service starts it is enough that netplan writes its files; its generator ran before us. */
function live(machine: Machine): readonly LiveAction[] {
  const { files } = machine;
  const running =
    files.entry('/run/systemd/netif/state') !== undefined || runningNetworkManager(machine) !== undefined;
  const command = running ? machine.program('netplan') : undefined;
  if (command !== undefined) return [{ kind: 'command', argv: [command, 'apply'], timeoutMs: 60_000 }];
  const generate = generator(files);
  return generate === undefined ? [] : [{ kind: 'command', argv: [generate], timeoutMs: 20_000 }];
}
