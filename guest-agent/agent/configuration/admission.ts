import { effectiveGeneration } from '../../../schemas/drive-format/manifest-text.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import type { Applied } from '../apply/records/applied.ts';
import type { System } from '../system/system.ts';

/** What a drive is held against. */
export interface Circumstances {
  /** What was applied here last. */
  readonly applied: Applied | undefined;
  /** This machine's UUID by its firmware, if it tells one, and the same with its first fields in the other byte order. */
  readonly machine: readonly string[];
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
}

/** The firmware's UUIDs of this machine; none where it tells none. */
export function machineIds(system: System): readonly string[] {
  const path = '/sys/class/dmi/id/product_uuid';
  if (system.files.entry(path) === undefined) return [];
  const id = system.files.readText(path).trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return [];
  // Before SMBIOS 2.6, section 7.2.1.
  const [first = '', second = '', third = '', ...rest] = id.split('-');
  return [id, [...[first, second, third].map(swapped), ...rest].join('-')];
}

/**
 * Why a drive must not be applied here and now; `undefined`: it may. A clock that stands before the drive was made says
 * nothing about its end.
 */
export function objectionTo(
  { manifest, manifestSha256 }: { readonly manifest: Manifest; readonly manifestSha256: string },
  { applied, machine, now }: Circumstances,
): string | undefined {
  const { instance, generation, replay, notAfter } = manifest;
  if (machine.length > 0 && !machine.includes(instance)) {
    return `it is for instance ${instance}, this machine is ${machine[0]}; attach its own drive`;
  }
  if (applied?.instance === instance && effectiveGeneration(manifest) < applied.newest) {
    return replay === undefined
      ? `generation ${generation} is older than generation ${applied.newest}, which was applied here; attach the newest drive`
      : `it replays generation ${generation} after generation ${replay.supersedes} at the latest, and generation ${applied.newest} was applied here; build the replay anew`;
  }
  // What was applied here already is in force, and has to end when it says so.
  const isApplied = applied?.manifestSha256 === manifestSha256;
  if (!isApplied && notAfter !== undefined && now > Date.parse(notAfter)) {
    return `it was valid until ${notAfter}; attach the newest drive`;
  }
  return undefined;
}

function swapped(hex: string): string {
  return (hex.match(/../g) ?? []).reverse().join('');
}
