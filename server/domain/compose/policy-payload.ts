import { createHash } from 'node:crypto';
import type { GuestFile, GuestScript } from '../../../schemas/types/guest-configuration.ts';
import { payloadLines } from '../guest-lines.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { createPart, type GuestPart, type PayloadValue, type ScriptFile } from './composition.ts';
import { compareText } from './directory-index.ts';
import { policySource } from './policy-source.ts';
import { createSourceBook, type SourceBook } from './source-book.ts';

/** Files and scripts of the policy. @param fileRules @param scriptRules places of the rules that apply */
export function composePayload(
  fileRules: readonly number[],
  scriptRules: readonly number[],
  policy: PolicyDocument,
): GuestPart<PayloadValue> {
  const book = createSourceBook();
  const files = composeFiles(fileRules, policy, book);
  const value = { files, ...composeScripts(scriptRules, policy, book) };
  return createPart(value, book.lines(payloadLines(value)));
}

/** Files by path; of several rules for one path the last counts. */
function composeFiles(
  rules: readonly number[],
  policy: PolicyDocument,
  book: SourceBook,
): readonly GuestFile[] {
  const files = new Map<string, { readonly index: number; readonly file: GuestFile }>();
  for (const index of rules) {
    const rule = policy.policy.files?.[index];
    if (rule === undefined) continue;
    const { path, mode = '0644', owner = 'root', group = 'root', content } = rule;
    files.set(path, { index, file: { path, mode, owner, group, content } });
  }
  for (const { index, file } of files.values()) {
    book.note('files', file.path, policySource(policy, `/files/${index}`, `files ${index + 1}`));
  }
  return [...files.values()].map(({ file }) => file).sort((a, b) => compareText(a.path, b.path));
}

/** Scripts in the policy's order; of several rules for one name the last counts. */
function composeScripts(
  rules: readonly number[],
  policy: PolicyDocument,
  book: SourceBook,
): Pick<PayloadValue, 'scripts' | 'contents'> {
  const chosen = new Map<
    string,
    { readonly index: number; readonly content: string; readonly timeoutSeconds: number }
  >();
  for (const index of rules) {
    const rule = policy.policy.scripts?.[index];
    if (rule === undefined) continue;
    const { name, content, timeoutSeconds = 60 } = rule;
    chosen.set(name, { index, content, timeoutSeconds });
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
