import { createHash } from 'node:crypto';
import type { Policy, SitePolicy } from '../../../schemas/types/policy.ts';
import { appendPointer, pointerSegments } from '../../../schemas/validation/json-pointer.ts';
import { deepFreeze } from '../config.ts';

/** One policy file that its schema accepted. */
export interface PolicyPart {
  readonly file: string;
  readonly text: string;
  readonly policy: Policy;
  readonly lineOf: (pointer: string) => number;
}

/** Where a value of the joined policy stands. */
export interface PolicyPlace {
  readonly file: string;
  readonly line: number;
  /** Pointer to the value in its file. */
  readonly pointer: string;
}

/** Several policy files as one. */
export interface JoinedPolicy {
  readonly policy: Policy;
  /** SHA-256 over the files' contents. */
  readonly version: string;
  /** @param pointer into `policy` */
  locate(pointer: string): PolicyPlace;
}

type ListName = Exclude<keyof Policy, 'defaults' | 'sites'>;

/**
 * Joins policy files in order: lists are appended; in `defaults` and in each site a later file replaces a key as a
 * whole and keeps the others.
 */
export function joinPolicy(parts: readonly PolicyPart[]): JoinedPolicy {
  const origins = new Map<string, Origin>();
  const defaults: SitePolicy = {};
  const sites: Record<string, SitePolicy> = {};
  for (const part of parts) {
    joinSite(defaults, part.policy.defaults, '/defaults', part, origins);
    for (const [name, site] of Object.entries(part.policy.sites ?? {})) {
      // Not `??=`: a site named `constructor` is a site.
      const joined = Object.hasOwn(sites, name) ? (sites[name] ?? {}) : {};
      sites[name] = joined;
      joinSite(joined, site, appendPointer('/sites', name), part, origins);
    }
  }
  const policy: Policy = {
    defaults,
    sites,
    access: joinList('access', parts, origins),
    sudo: joinList('sudo', parts, origins),
    sudoRules: joinList('sudoRules', parts, origins),
    breakGlass: joinList('breakGlass', parts, origins),
    failure: joinList('failure', parts, origins),
    guests: joinList('guests', parts, origins),
    files: joinList('files', parts, origins),
    scripts: joinList('scripts', parts, origins),
  };
  deepFreeze(policy);
  return { policy, version: versionOf(parts), locate: createLocate(parts, origins) };
}

/** The file of a value, and the pointer in there. */
interface Origin {
  readonly part: PolicyPart;
  readonly pointer: string;
}

function joinSite(
  joined: SitePolicy,
  site: SitePolicy | undefined,
  pointer: string,
  part: PolicyPart,
  origins: Map<string, Origin>,
): void {
  if (site === undefined) return;
  Object.assign(joined, site);
  origins.set(pointer, { part, pointer });
  for (const field of Object.keys(site)) {
    const inner = appendPointer(pointer, field);
    origins.set(inner, { part, pointer: inner });
  }
}

function joinList<Name extends ListName>(
  name: Name,
  parts: readonly PolicyPart[],
  origins: Map<string, Origin>,
): NonNullable<Policy[Name]> {
  const joined: unknown[] = [];
  for (const part of parts) {
    for (const [index, item] of (part.policy[name] ?? []).entries()) {
      origins.set(`/${name}/${joined.length}`, { part, pointer: `/${name}/${index}` });
      joined.push(item);
    }
  }
  return joined as NonNullable<Policy[Name]>;
}

function createLocate(
  parts: readonly PolicyPart[],
  origins: ReadonlyMap<string, Origin>,
): JoinedPolicy['locate'] {
  return (pointer) => {
    // The longest prefix that has an origin: `/sites/NAME/dns`, `/access/3`, `/defaults`.
    let found: Origin | undefined;
    let prefix = '';
    let rest = '';
    for (const segment of pointerSegments(pointer)) {
      prefix = appendPointer(prefix, segment);
      const origin = origins.get(prefix);
      rest = origin === undefined ? appendPointer(rest, segment) : '';
      found = origin ?? found;
    }
    if (found === undefined) return { file: parts[0]?.file ?? '', line: 1, pointer: '' };
    const inFile = found.pointer + rest;
    return { file: found.part.file, line: found.part.lineOf(inFile), pointer: inFile };
  };
}

/** Over every file's length and content, so that moving text from one file to the next is another version. */
function versionOf(parts: readonly PolicyPart[]): string {
  const hash = createHash('sha256');
  for (const { text } of parts) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}
