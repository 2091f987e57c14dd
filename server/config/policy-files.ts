import { createHash } from 'node:crypto';
import type { Policy, SitePolicy } from '../../schemas/types/policy.ts';
import { appendPointer, pointerSegments } from '../../schemas/validation/json-pointer.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import {
  type FileProblem,
  formatFileProblem,
  readYamlDocument,
} from '../../schemas/validation/yaml-document.ts';
import { AppError } from '../domain/errors.ts';
import type { PolicyDocument } from '../domain/policy-document.ts';
import { deepFreeze } from './config.ts';
import { readTextFile } from './text-file.ts';

/** The joined policy, or everything that is wrong with its files. */
export type PolicyReading =
  | { readonly kind: 'valid'; readonly document: PolicyDocument }
  | { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] };

type ListName = 'access' | 'sudo' | 'files' | 'scripts';

interface PolicyPart {
  readonly file: string;
  readonly text: string;
  readonly policy: Policy;
  readonly lineOf: (pointer: string) => number;
}

/**
 * Reads policy files and joins them in order: lists (`access`, `sudo`, `files`, `scripts`) are appended; in
 * `defaults` and in each site a later file replaces `domain`, `dns` or `ntp` as a whole and keeps the others.
 */
export async function readPolicy(
  files: readonly string[],
  validators: Pick<Validators, 'policy'>,
): Promise<PolicyReading> {
  const texts: PolicyText[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const read = await readTextFile(file);
    if (read.kind === 'unreadable') problems.push(read.problem);
    else texts.push({ file, text: read.text });
  }
  const reading = readPolicyTexts(texts, validators);
  if (problems.length === 0) return reading;
  return {
    kind: 'invalid',
    problems: [...(reading.kind === 'invalid' ? reading.problems : []), ...problems],
  };
}

/** A policy file's name, for messages and sources, and its content. */
export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

/** The same from texts that are there already. */
export function readPolicyTexts(
  texts: readonly PolicyText[],
  validators: Pick<Validators, 'policy'>,
): PolicyReading {
  const parts: PolicyPart[] = [];
  const problems: FileProblem[] = [];
  for (const { file, text } of texts) {
    const reading = readYamlDocument(text, file, validators.policy);
    if (reading.kind === 'invalid') problems.push(...reading.problems);
    else parts.push({ file, text, policy: reading.value, lineOf: reading.lineOf });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', document: joinParts(parts) };
}

/** The policy of these files, for the sync job. */
export function createPolicySource(
  files: readonly string[],
  validators: Pick<Validators, 'policy'>,
): {
  load(): Promise<PolicyDocument>;
  parse(texts: readonly PolicyText[]): PolicyDocument;
} {
  return {
    load: async () => policyOf(await readPolicy(files, validators)),
    parse: (texts) => policyOf(readPolicyTexts(texts, validators)),
  };
}

/** The policy of a reading. Fails with `policy-invalid`, listing every problem. */
function policyOf(reading: PolicyReading): PolicyDocument {
  if (reading.kind === 'valid') return reading.document;
  const [first] = reading.problems;
  const more = reading.problems.length - 1;
  throw new AppError(
    'policy-invalid',
    `${first === undefined ? 'the policy is invalid' : formatFileProblem(first)}${more > 0 ? `, and ${more} more` : ''}`,
    {
      details: {
        problems: reading.problems.map(({ file, line, pointer, message, remedy }) => ({
          source: file,
          record: `line ${line}`,
          field: pointer,
          message,
          remedy,
        })),
      },
    },
  );
}

function joinParts(parts: readonly PolicyPart[]): PolicyDocument {
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
    access: joinList('access', parts, (part) => part.policy.access, origins),
    sudo: joinList('sudo', parts, (part) => part.policy.sudo, origins),
    files: joinList('files', parts, (part) => part.policy.files, origins),
    scripts: joinList('scripts', parts, (part) => part.policy.scripts, origins),
  };
  deepFreeze(policy);
  return { policy, version: versionOf(parts), locate: createLocate(parts, origins) };
}

/** Where a value of the joined policy stands: its file, and the pointer in there. */
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

function joinList<Item>(
  name: ListName,
  parts: readonly PolicyPart[],
  list: (part: PolicyPart) => readonly Item[] | undefined,
  origins: Map<string, Origin>,
): Item[] {
  const joined: Item[] = [];
  for (const part of parts) {
    for (const [index, item] of (list(part) ?? []).entries()) {
      origins.set(`/${name}/${joined.length}`, { part, pointer: `/${name}/${index}` });
      joined.push(item);
    }
  }
  return joined;
}

function createLocate(
  parts: readonly PolicyPart[],
  origins: ReadonlyMap<string, Origin>,
): PolicyDocument['locate'] {
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
    if (found === undefined) return { file: parts[0]?.file ?? '', line: 1 };
    return { file: found.part.file, line: found.part.lineOf(found.pointer + rest) };
  };
}

/** Over every file's length and content, so that moving text from one file to the next is another version. */
function versionOf(parts: readonly PolicyPart[]): string {
  const hash = createHash('sha256');
  for (const { text } of parts) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}
