import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { InstanceMatch } from '../../schemas/types/policy.ts';
import { matchesGlob } from './glob.ts';

/** Whether a policy rule applies to an instance. */
export type InstanceMatcher = (record: InstanceRecord) => boolean;

type ValueMatcher = (value: string | undefined) => boolean;

/**
 * Every key given must match, within a key any of its patterns. Made once a rule: it is asked for each of 100,000
 * instances.
 */
export function createInstanceMatcher(match: InstanceMatch | undefined): InstanceMatcher {
  if (match === undefined) return () => true;
  const name = createValueMatcher(match.name);
  const project = createValueMatcher(match.project);
  const site = createValueMatcher(match.site);
  const owner = createValueMatcher(match.owner);
  const osFamily = createValueMatcher(match.osFamily);
  const tag = createValueMatcher(match.tags);
  return (record) =>
    project(record.project) &&
    site(record.site) &&
    owner(record.owner) &&
    osFamily(record.osFamily) &&
    (match.tags === undefined || record.tags.some(tag)) &&
    name(record.name);
}

function createValueMatcher(patterns: readonly string[] | undefined): ValueMatcher {
  if (patterns === undefined) return () => true;
  const literals = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*'));
  return (value) =>
    value !== undefined && (literals.has(value) || globs.some((pattern) => matchesGlob(pattern, value)));
}
