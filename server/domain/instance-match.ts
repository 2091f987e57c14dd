import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { InstanceMatch } from '../../schemas/types/policy.ts';
import { matchesGlob } from './glob.ts';

/** Whether a policy rule applies to an instance: every key given matches, within a key any of its patterns. */
export function matchesInstance(match: InstanceMatch | undefined, record: InstanceRecord): boolean {
  if (match === undefined) return true;
  return (
    matchesAny(match.name, record.name) &&
    matchesAny(match.project, record.project) &&
    matchesAny(match.site, record.site) &&
    matchesAny(match.owner, record.owner) &&
    matchesAny(match.osFamily, record.osFamily) &&
    (match.tags === undefined || record.tags.some((tag) => matchesAny(match.tags, tag)))
  );
}

function matchesAny(patterns: readonly string[] | undefined, value: string | undefined): boolean {
  if (patterns === undefined) return true;
  return value !== undefined && patterns.some((pattern) => matchesGlob(pattern, value));
}
