import type { GuestConfiguration } from '../../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../../plan/machine.ts';
import { type Check, emptyPlan, PlanError } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../../plan/wanted-file.ts';
import { findBlock, withBlock, withoutBlock } from '../../../rendering/block.ts';
import { enabled } from '../../../rendering/disabled.ts';
import type { Backend } from '../../resource-backend.ts';
import { arrangeLinks, type Link } from '../links.ts';
import { planNamed } from '../named.ts';
import { reads, withoutStanzas } from './foreign-stanzas.ts';
import { live } from './live.ts';
import { renderStanzas } from './stanza.ts';

const main = '/etc/network/interfaces';
const folder = '/etc/network/interfaces.d';
const path = `${folder}/ubugi`;

/**
 * ifupdown: Debian's own, ifupdown-ng, ifupdown2 and busybox's. Our stanzas go to `interfaces.d`, or into a marked block
 * where the main file does not read that; stanzas of others for the same links are put into comments, and come back after.
 */
export const ifupdown: Backend<GuestConfiguration['network']> = {
  name: 'ifupdown',
  suits: (machine) => machine.program('ifup') !== undefined && machine.files.entry(main) !== undefined,
  plan(network, owned, machine) {
    return planNamed(arrangeLinks(network), owned, machine, (links) => {
      refuseDhcp6(links, machine);
      const names = new Set(links.map(({ name }) => name));
      const { files: foreign, kept } = foreignFiles(names, machine);
      const stanzas = [
        ...kept.map((line) => `${line}\n`),
        ...links.map((link) => renderStanzas(link, isBusybox(machine))),
      ].join('');
      const own = foreign.get(main) ?? '';
      // busybox knows no patterns in `source`, and versions before 1.33 not even that.
      const inline = links.length > 0 && (isBusybox(machine) || !reads(own, path));
      if (inline) foreign.set(main, withBlock(findBlock(own).before, stanzas.trimEnd().split('\n'), []));
      const wanted = [...foreign].flatMap(([file, text]): readonly WantedFile[] =>
        text === machine.files.text(file)
          ? []
          : [{ path: file, text, attributes: machine.files.entry(file) ?? rootOwned(), ours: false }],
      );
      if (links.length > 0 && !inline)
        wanted.push({ path, text: `# Written by Ubugi.\n${stanzas}`, ours: true });
      const files = reconcileFiles('network', wanted, owned, machine.files);
      if (files.steps.length === 0) return { ...emptyPlan('network'), ...files };
      return {
        ...emptyPlan('network'),
        ...files,
        checks: check(stanzas, names, machine),
        live: live(links, made(machine), machine),
      };
    });
  },
};

/** The main file and all of `interfaces.d` but ours, less the stanzas of those links, and lines that they say no more. */
function foreignFiles(
  names: ReadonlySet<string>,
  { files }: Machine,
): { readonly files: Map<string, string>; readonly kept: readonly string[] } {
  const kept: string[] = [];
  const texts = new Map<string, string>();
  for (const file of [main, ...files.list(folder).map((name) => `${folder}/${name}`)]) {
    const current = files.text(file);
    if (file === path || current === undefined) continue;
    const rest = withoutStanzas(enabled(withoutBlock(current)), names);
    texts.set(file, rest.text);
    kept.push(...rest.kept);
  }
  return { files: texts, kept };
}

/** Links that our stanzas of before made. */
function made({ files }: Machine): readonly string[] {
  const before = [files.text(path) ?? '', ...(findBlock(files.text(main) ?? '').inside ?? [])].join('\n');
  return [...before.matchAll(/post-down ip link del dev (\S+)/g)].map(([, name = '']) => name);
}

function isBusybox(machine: Machine): boolean {
  return (machine.files.link(machine.program('ifup') ?? '') ?? '').endsWith('busybox');
}

/** busybox gives up on a whole file with a method that it does not know. */
function refuseDhcp6(links: readonly Link[], machine: Machine): void {
  const six = links.find(({ addressing }) => addressing.dhcp6 === true);
  if (six !== undefined && isBusybox(machine)) {
    throw new PlanError(
      `interface ${six.name}: busybox has no DHCPv6: install ifupdown-ng, or give it an address`,
    );
  }
}

/** `ifquery` has to read from our stanzas the links that we mean, and no other. */
function check(text: string, names: ReadonlySet<string>, machine: Machine): readonly Check[] {
  const ifquery = machine.program('ifquery');
  if (ifquery === undefined || names.size === 0) return [];
  return [
    {
      what: 'ifquery on the stanzas',
      stage: () => [{ name: 'interfaces', text }],
      argv: (staged) => [ifquery, '--list', '-i', `${staged}/interfaces`],
      judge({ status, output }) {
        const missing = [...names].filter((name) => !output.split(/\s+/).includes(name));
        if (status === 0 && missing.length === 0) return undefined;
        return output.trim().slice(0, 500) || `ended with status ${status}`;
      },
    },
  ];
}
