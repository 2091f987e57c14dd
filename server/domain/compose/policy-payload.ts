import { createHash } from 'node:crypto';
import type { GuestFile, GuestScript } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import { matchesInstance } from '../instance-match.ts';
import type { PolicyDocument } from '../policy-document.ts';
import type { ScriptFile } from './composition.ts';
import { compareText } from './directory-index.ts';
import { policySource } from './policy-source.ts';
import type { SourceBook } from './source-book.ts';

/** Files of the policy for one guest, by path; of several rules for one path the last counts. */
export function composeFiles(
  record: InstanceRecord,
  policy: PolicyDocument,
  book: SourceBook,
): readonly GuestFile[] {
  const files = new Map<string, { readonly index: number; readonly file: GuestFile }>();
  for (const [index, rule] of (policy.policy.files ?? []).entries()) {
    if (!matchesInstance(rule.match, record)) continue;
    const { path, mode = '0644', owner = 'root', group = 'root', content } = rule;
    files.set(path, { index, file: { path, mode, owner, group, content } });
  }
  for (const { index, file } of files.values()) {
    book.note('files', file.path, policySource(policy, `/files/${index}`, `files ${index + 1}`));
  }
  return [...files.values()].map(({ file }) => file).sort((a, b) => compareText(a.path, b.path));
}

/** Scripts of the policy for one guest, in the policy's order; of several rules for one name the last counts. */
export function composeScripts(
  record: InstanceRecord,
  policy: PolicyDocument,
  book: SourceBook,
): { readonly scripts: readonly GuestScript[]; readonly contents: readonly ScriptFile[] } {
  const chosen = new Map<
    string,
    { readonly index: number; readonly content: string; readonly timeoutSeconds: number }
  >();
  for (const [index, { match, name, content, timeoutSeconds = 60 }] of (
    policy.policy.scripts ?? []
  ).entries()) {
    if (matchesInstance(match, record)) chosen.set(name, { index, content, timeoutSeconds });
  }
  const scripts: GuestScript[] = [];
  const contents: ScriptFile[] = [];
  for (const [name, { index, content, timeoutSeconds }] of chosen) {
    book.note('scripts', name, policySource(policy, `/scripts/${index}`, name));
    scripts.push({ name, sha256: createHash('sha256').update(content).digest('hex'), timeoutSeconds });
    contents.push({ name, content });
  }
  return { scripts, contents };
}
