import type { Machine } from '../../plan/machine.ts';
import type { LiveAction } from '../../plan/plan.ts';
import type { ServiceManager } from './service-manager.ts';

const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const timeoutMs = 10_000;

/** systemd. Jobs are queued and not waited for: at boot they may have to come after us. */
export const systemd: ServiceManager = {
  name: 'systemd',
  suits: (machine) => machine.files.entry('/run/systemd/system') !== undefined,
  reload: (names, machine) => job('try-reload-or-restart', names, machine),
  restart: (names, machine) => job('try-restart', names, machine),
  start: (names, machine) => job('restart', names, machine),
};

function job(verb: string, names: readonly string[], machine: Machine): readonly LiveAction[] {
  const systemctl = machine.program('systemctl');
  const unit = names
    .map((name) => `${name}.service`)
    .find((name) => folders.some((folder) => machine.files.entry(`${folder}/${name}`) !== undefined));
  if (systemctl === undefined || unit === undefined) return [];
  return [{ kind: 'command', argv: [systemctl, '--no-block', verb, unit], timeoutMs }];
}
