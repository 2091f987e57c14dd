import { oneLine } from '../process/one-line.ts';
import type { Verdict } from '../process/watchdog.ts';

/** Why a domain has no verified drive, and what to do. */
export interface Trouble {
  /** Half a sentence. */
  readonly reason: string;
  readonly remedy: string;
}

/** How the hook ends where there is no verified drive: one line, that libvirt shows where it refuses the start. */
export function missingVerdict(domain: string, onMissing: 'refuse' | 'allow', trouble: Trouble): Verdict {
  const what = onMissing === 'refuse' ? 'is not started' : 'starts without a verified config drive';
  return {
    status: onMissing === 'refuse' ? 1 : 0,
    line: oneLine(`ubugi: domain ${domain} ${what}: ${trouble.reason}; ${trouble.remedy}`),
  };
}

/** One warning for a start that goes on. */
export function warningLine(domain: string, warning: string): string {
  return oneLine(`ubugi: domain ${domain}: ${warning}`);
}
