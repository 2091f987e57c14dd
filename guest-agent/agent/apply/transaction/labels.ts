import type { Step } from '../../plan/step.ts';
import type { System } from '../../system/system.ts';
import { homeEntries } from './home.ts';

const timeoutMs = 60_000;

/** Whether SELinux decides on this machine: its own file system is there (selinux(8)). */
function isOn(system: System): boolean {
  return system.files.entry('/sys/fs/selinux/enforce') !== undefined;
}

/** A file that takes the place of another has its label before it has its name. */
export function keepLabel(path: string, temporary: string, system: System): void {
  if (isOn(system) && system.files.entry(path)?.kind === 'file') system.files.copyLabel(path, temporary);
}

/** Gives everything that steps put in place the label that policy has for its path. @returns what went wrong. */
export function relabel(steps: readonly Step[], system: System): string | undefined {
  if (!isOn(system)) return undefined;
  const paths = steps.flatMap((step) =>
    step.kind === 'home' ? homeEntries(step, system).map(({ path }) => path) : [step.path],
  );
  return restoreLabels(paths, system);
}

/** One restorecon(8) for all paths that there are, our own records left out. @returns what went wrong. */
export function restoreLabels(paths: readonly string[], system: System): string | undefined {
  const tool = ['/usr/sbin/restorecon', '/sbin/restorecon'].find(
    (path) => system.files.entry(path) !== undefined,
  );
  if (tool === undefined || !isOn(system)) return undefined;
  const present = [...new Set(paths)].filter(
    (path) => !path.startsWith('/var/lib/ubugi/') && system.files.entry(path) !== undefined,
  );
  if (present.length === 0) return undefined;
  const [result] = system.processes.run([{ argv: [tool, '-i', ...present], timeoutMs }]);
  if (result === undefined || result.status === 0) return undefined;
  const why = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : `status ${result.status}`;
  return `written, but not labelled: ${tool}: ${why}; ${result.output.trim().slice(-300)}`;
}
