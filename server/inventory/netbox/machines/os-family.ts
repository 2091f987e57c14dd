import { matchesGlob } from '../../../domain/glob.ts';
import type { NetboxMapping, OsFamily } from '../mapping.ts';

/** Slugs of platforms as NetBox sites commonly write them. */
const knownPlatforms: readonly (readonly [pattern: string, family: OsFamily])[] = [
  ['debian*', 'debian'],
  ['ubuntu*', 'debian'],
  ['rhel*', 'rhel'],
  ['red-hat*', 'rhel'],
  ['redhat*', 'rhel'],
  ['centos*', 'rhel'],
  ['rocky*', 'rhel'],
  ['alma*', 'rhel'],
  ['fedora*', 'rhel'],
  ['oracle-linux*', 'rhel'],
  ['sles*', 'suse'],
  ['suse*', 'suse'],
  ['opensuse*', 'suse'],
  ['alpine*', 'alpine'],
  ['fedora-coreos*', 'coreos'],
  ['coreos*', 'coreos'],
  ['flatcar*', 'coreos'],
  ['windows*', 'windows'],
  ['microsoft-windows*', 'windows'],
];

/** The family that a platform belongs to; undefined if nothing says so. Of built-in patterns the longest counts. */
export function osFamilyOf(
  platform: string | undefined,
  { osFamilies, defaultOsFamily }: Pick<NetboxMapping, 'osFamilies' | 'defaultOsFamily'>,
): OsFamily | undefined {
  if (platform === undefined) return defaultOsFamily;
  const slug = platform.toLowerCase();
  const configured = osFamilies.find((rule) => matchesGlob(rule.platform.toLowerCase(), slug));
  if (configured !== undefined) return configured.family;
  const known = knownPlatforms
    .filter(([pattern]) => matchesGlob(pattern, slug))
    .toSorted(([one], [other]) => other.length - one.length)[0];
  return known?.[1] ?? defaultOsFamily;
}
