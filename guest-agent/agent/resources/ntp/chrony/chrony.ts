import type { Ntp } from '../../../../../schemas/types/common.ts';
import type { Machine } from '../../../plan/machine.ts';
import { type Check, emptyPlan, type LiveAction } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../../plan/wanted-file.ts';
import { serviceManager } from '../../../platform/services/service-manager.ts';
import { findBlock, withBlock } from '../../../rendering/block.ts';
import type { Backend } from '../../resource-backend.ts';
import { renderSources, withOwnSources, withoutOwnSources } from './sources.ts';

const mains = ['/etc/chrony/chrony.conf', '/etc/chrony.conf'] as const;
const sourcesFile = '/etc/chrony/sources.d/ubugi.sources';

/**
 * chrony. Wanted sources go to `sources.d`, or into a marked block where chrony.conf has no such folder; the
 * distribution's own `pool` and `server` lines are put into comments while we name sources, and come back after.
 */
export const chrony: Backend<Ntp> = {
  name: 'chrony',
  suits: (machine) => machine.program('chronyd') !== undefined && mainFile(machine) !== undefined,
  plan(ntp, owned, machine) {
    const main = mainFile(machine) ?? mains[0];
    const current = machine.files.text(main) ?? '';
    const lines = renderSources(ntp);
    const folder = /^\s*sourcedir\s+\/etc\/chrony\/sources\.d\s*$/m.test(current);
    const { before, inside, after } = findBlock(current);
    const own = [...before, ...after].map((line) => `${line}\n`).join('');
    const rest = lines.length === 0 ? withOwnSources(own) : withoutOwnSources(own);
    const text =
      folder || lines.length === 0 ? rest : withBlock(rest.replace(/\n$/, '').split('\n'), lines, []);
    const wanted: WantedFile[] = [];
    if (folder && lines.length > 0) {
      wanted.push({ path: sourcesFile, text: `# Written by Ubugi.\n${lines.join('\n')}\n`, ours: true });
    }
    if (lines.length > 0 || inside !== undefined || text !== current) {
      wanted.push({ path: main, text, attributes: machine.files.entry(main) ?? rootOwned(), ours: false });
    }
    const files = reconcileFiles('ntp', wanted, owned, machine.files);
    const changed = new Set(files.steps.map((step) => step.path));
    return {
      ...emptyPlan('ntp'),
      ...files,
      checks:
        changed.size === 0 || lines.length === 0
          ? []
          : [chronydCheck(folder ? `${text}${lines.join('\n')}\n` : text, lines, machine)],
      live: live(changed.has(main), changed.size > 0, machine),
    };
  },
};

function mainFile({ files }: Machine): (typeof mains)[number] | undefined {
  return mains.find((path) => files.entry(path) !== undefined);
}

/** `chronyd -p` prints what it would read: our sources must be in it, and no other. */
function chronydCheck(text: string, lines: readonly string[], machine: Machine): Check {
  const chronyd = machine.program('chronyd') ?? '/usr/sbin/chronyd';
  return {
    what: 'chronyd -p on the configuration',
    stage: () => [{ name: 'chrony.conf', text }],
    argv: (folder) => [chronyd, '-p', '-f', `${folder}/chrony.conf`],
    judge({ status, output }) {
      if (status !== 0) return output.trim().slice(0, 500) || `ended with status ${status}`;
      const sources = output.split('\n').filter((line) => /^(server|pool|peer)\s/.test(line));
      const same = sources.length === lines.length && sources.every((line) => lines.includes(line.trim()));
      return same
        ? undefined
        : 'other time sources than the wanted ones are configured: remove them from conf.d';
    },
  };
}

/** A running chronyd takes new sources as it is; a changed chrony.conf needs a restart. Not started yet: nothing. */
function live(mainChanged: boolean, changed: boolean, machine: Machine): readonly LiveAction[] {
  const running = ['/run/chrony/chronyd.pid', '/run/chronyd.pid'].some(
    (path) => machine.files.entry(path) !== undefined,
  );
  const chronyc = machine.program('chronyc');
  if (!changed || !running) return [];
  if (mainChanged) return serviceManager(machine).restart(['chrony', 'chronyd'], machine);
  return chronyc === undefined
    ? []
    : [{ kind: 'command', argv: [chronyc, 'reload', 'sources'], timeoutMs: 10_000 }];
}
