import type { FileView, Machine } from '../../../plan/machine.ts';
import { emptyPlan, type ResourcePlan } from '../../../plan/plan.ts';
import { reconcileFiles } from '../../../plan/wanted-file.ts';
import { isEnabled, serviceManager } from '../../../platform/services/service-manager.ts';
import { isBusyboxNtpd } from '../busybox-ntpd/busybox-ntpd.ts';
import { editedFiles, type Texts } from '../edited-files.ts';
import { renderSources } from '../sources.ts';
import type { TimeService } from '../time-service.ts';

const mains = ['/etc/ntpsec/ntp.conf', '/etc/ntp.conf'] as const;
/** What Debian's services read first; a later assignment wins. */
const defaults = ['/etc/default/ntpsec', '/etc/default/ntp'] as const;
const services = ['ntpsec', 'ntp', 'ntpd'] as const;

/**
 * ntpd of NTPsec and of ntp.org. Wanted sources stand in a marked block of ntp.conf; its own are put into comments while we
 * name some, and come back after. It has no way to check a file.
 */
export const ntpd: TimeService = {
  name: 'ntpd',
  suits: (machine) =>
    machine.program('ntpd') !== undefined && !isBusyboxNtpd(machine) && mainFile(machine.files) !== undefined,
  isInUse: (machine) => isEnabled(services, machine),
  plan(ntp, owned, machine): ResourcePlan {
    const main = mainFile(machine.files) ?? mains[0];
    const lines = renderNtpConf(renderSources(ntp));
    const wanted = editedFiles(readTexts(main, machine.files), main, lines, lines.length > 0, machine);
    const files = reconcileFiles(
      'ntp',
      [...wanted, ...ignoreDhcp(lines.length > 0, machine)],
      owned,
      machine.files,
    );
    return {
      ...emptyPlan('ntp'),
      ...files,
      live: files.steps.length === 0 ? [] : serviceManager(machine).restart(services, machine),
    };
  },
};

/**
 * Lines of ntp.conf(5). Debian's `minsane 3` would let a clock run free that has two servers: the values of the projects
 * themselves are put back.
 */
export function renderNtpConf(sources: readonly string[]): readonly string[] {
  return sources.length === 0 ? [] : [...sources, 'tos minclock 3 minsane 1'];
}

function mainFile(files: FileView): (typeof mains)[number] | undefined {
  return mains.find((path) => files.entry(path) !== undefined);
}

/** ntp.conf, and the folder that NTPsec reads beside it. */
function readTexts(main: string, files: FileView): Texts {
  const folder = main.replace(/ntp\.conf$/, 'ntp.d');
  const names = files.list(folder).filter((name) => name.endsWith('.conf'));
  return new Map(
    [main, ...names.map((name) => `${folder}/${name}`)].flatMap((path) => {
      const text = files.text(path);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}

/** Debian hands ntpd a file of its own once DHCP names time servers, unless it is told not to. */
function ignoreDhcp(replaced: boolean, machine: Machine): ReturnType<typeof editedFiles> {
  return defaults.flatMap((path) => {
    const text = machine.files.text(path);
    if (text?.includes('IGNORE_DHCP') !== true) return [];
    return editedFiles(
      new Map([[path, text]]),
      path,
      replaced ? ['IGNORE_DHCP="yes"'] : [],
      replaced,
      machine,
    );
  });
}
