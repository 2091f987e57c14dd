import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import type { ServiceManager } from './service-manager.ts';

const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'] as const;
const timeoutMs = 10_000;

/** systemd. Jobs are queued and not waited for: at boot they may have to come after us. */
export const systemd: ServiceManager = {
  name: 'systemd',
  suits: (machine) => machine.files.entry('/run/systemd/system') !== undefined,
  reload: (names, machine) => job('try-reload-or-restart', names, machine),
  restart: (names, machine) => job('try-restart', names, machine),
  start: (names, machine) => job('restart', names, machine),
  enables: (names, machine) => names.some((name) => isEnabled(`${name}.service`, machine)),
};

function job(verb: string, names: readonly string[], machine: Machine): readonly LiveAction[] {
  const systemctl = machine.program('systemctl');
  const unit = names
    .map((name) => `${name}.service`)
    .find((name) => folders.some((folder) => machine.files.entry(`${folder}/${name}`) !== undefined));
  if (systemctl === undefined || unit === undefined) return [];
  return [{ kind: 'command', argv: [systemctl, '--no-block', verb, unit], timeoutMs }];
}

/** Some unit pulls it in, and it is not masked (systemctl(1): a link to /dev/null, or an empty file). */
function isEnabled(unit: string, { files }: Machine): boolean {
  const own = `${folders[0]}/${unit}`;
  if (files.link(own) === '/dev/null' || files.text(own) === '') return false;
  return folders.some((folder) =>
    files
      .list(folder)
      .some(
        (name) => /\.(wants|requires)$/.test(name) && files.entry(`${folder}/${name}/${unit}`) !== undefined,
      ),
  );
}
