import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { System } from '../system/system.ts';

type RefusedMedia = NonNullable<AgentReport['refusedMedia']>;

const list = '/run/ubugi/refused';
const limits = { media: 32, medium: 256, reason: 1000 } as const;

/**
 * The media that the launcher did not use in this boot, one `source: reason` a line; empty where there is no such list. A
 * medium may be anybody's: only letters that can disturb nobody are passed on, and only so many.
 */
export function readRefusedMedia(system: System): RefusedMedia {
  if (system.files.entry(list) === undefined) return [];
  try {
    return system.files
      .readText(list)
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, limits.media)
      .map((line) => {
        const end = line.indexOf(': ');
        return {
          medium: clean(end < 0 ? 'unknown' : line.slice(0, end)).slice(0, limits.medium),
          reason: clean(end < 0 ? line : line.slice(end + 2)).slice(0, limits.reason),
        };
      });
  } catch {
    // A list that cannot be read must not keep the drive that was accepted from being applied.
    return [];
  }
}

function clean(text: string): string {
  return text.replace(/[^A-Za-z0-9 ._/:,;()@%+=-]/g, '?');
}
