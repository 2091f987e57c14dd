import type { Machine } from '../../../plan/machine.ts';
import { type Check, emptyPlan, type LiveAction } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { isEnabled, serviceManager } from '../../../platform/services/service-manager.ts';
import { editedFiles, type Texts } from '../edited-files.ts';
import { renderSources } from '../sources.ts';
import type { TimeService } from '../time-service.ts';
import { flatten, readConfiguration } from './configuration.ts';

const mains = ['/etc/chrony/chrony.conf', '/etc/chrony.conf'] as const;
const services = ['chrony', 'chronyd'] as const;

/**
 * chrony. Wanted sources go to a file of ours in a folder that chrony.conf reads (`sourcedir`, `confdir`, `include`), or
 * into a marked block where there is none. All other sources that it is configured with are put into comments while we name
 * some, and come back after.
 */
export const chrony: TimeService = {
  name: 'chrony',
  suits: (machine) => machine.program('chronyd') !== undefined && mainFile(machine) !== undefined,
  isInUse: (machine) => isEnabled(services, machine),
  plan(ntp, owned, machine) {
    const main = mainFile(machine) ?? mains[0];
    const { texts, ownFile } = readConfiguration(main, machine.files);
    const lines = renderSources(ntp);
    const edited = editedFiles(texts, main, ownFile === undefined ? lines : [], lines.length > 0, machine);
    const own =
      ownFile === undefined || lines.length === 0
        ? []
        : [{ path: ownFile, text: `# Written by Ubugi.\n${lines.join('\n')}\n`, ours: true }];
    const files = reconcileFiles('ntp', [...own, ...edited], owned, machine.files);
    const after = new Map([...edited, ...own].map(({ path, text }) => [path, text]));
    return {
      ...emptyPlan('ntp'),
      ...files,
      checks:
        files.steps.length === 0 || lines.length === 0 ? [] : [chronydCheck(main, after, lines, machine)],
      live: live(
        files.steps.map(({ path }) => path),
        machine,
      ),
    };
  },
};

function mainFile({ files }: Machine): (typeof mains)[number] | undefined {
  return mains.find((path) => files.entry(path) !== undefined);
}

/** `chronyd -p` prints what it would read: our sources must be in it, and no other. */
function chronydCheck(main: string, after: Texts, lines: readonly string[], machine: Machine): Check {
  const chronyd = machine.program('chronyd') ?? '/usr/sbin/chronyd';
  return {
    what: 'chronyd -p on the configuration',
    stage: () => [{ name: 'chrony.conf', text: flatten(main, after, machine.files) }],
    argv: (folder) => [chronyd, '-p', '-f', `${folder}/chrony.conf`],
    judge({ status, output }) {
      // Before chrony 4.0 there is no such option.
      if (status !== 0 && output.includes('invalid option')) return undefined;
      if (status !== 0) return output.trim().slice(0, 500) || `ended with status ${status}`;
      const sources = output.split('\n').filter((line) => /^\s*(server|pool|peer)\s/i.test(line));
      const others = sources.filter((line) => !lines.includes(line.trim()));
      if (others.length === 0 && sources.length === lines.length) return undefined;
      return `not the wanted time sources, but ${sources.join(', ').slice(0, 300) || 'none'}: look at what chrony.conf includes`;
    },
  };
}

/** A running chronyd takes new sources as it is; anything else needs a restart. Not started yet: nothing. */
function live(changed: readonly string[], machine: Machine): readonly LiveAction[] {
  const running = ['/run/chrony/chronyd.pid', '/run/chronyd.pid'].some(
    (path) => machine.files.entry(path) !== undefined,
  );
  const chronyc = machine.program('chronyc');
  if (changed.length === 0 || !running) return [];
  if (chronyc !== undefined && changed.every((path) => path.endsWith('.sources')))
    return [{ kind: 'command', argv: [chronyc, 'reload', 'sources'], timeoutMs: 10_000 }];
  return serviceManager(machine).restart(services, machine);
}
