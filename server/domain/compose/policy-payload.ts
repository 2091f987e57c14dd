import { createHash } from 'node:crypto';
import type { RecordProblem, Source } from '../../../schemas/types/api.ts';
import type { GuestFile, GuestScript } from '../../../schemas/types/guest-configuration.ts';
import { payloadLines } from '../guest-lines.ts';
import type { PolicyDocument } from '../policy-document.ts';
import type { Template } from '../template/template.ts';
import type { TemplateVariables } from '../template/template-variables.ts';
import { overridden } from './choice.ts';
import { createPart, type GuestPart, type PayloadValue, type ScriptFile } from './composition.ts';
import { compareText } from './directory-index.ts';
import { policySource } from './policy-source.ts';
import { createSourceBook } from './source-book.ts';

/** Files and scripts of a guest, or why there can be none: without one of them it would be another machine. */
export type Payload =
  | { readonly kind: 'composed'; readonly part: GuestPart<PayloadValue> }
  | { readonly kind: 'refused'; readonly problems: readonly RecordProblem[] };

/** Rules that decide on a guest's files and scripts, by their places. */
export interface PayloadRules {
  readonly files: readonly number[];
  readonly scripts: readonly number[];
}

/** Whether one of the rules is a template, so that what they give is the instance's own. */
export function hasTemplate({ files, scripts }: PayloadRules, { parsed }: PolicyDocument): boolean {
  return (
    files.some((index) => parsed.fileTemplates.has(index)) ||
    scripts.some((index) => parsed.scriptTemplates.has(index))
  );
}

/** Files by path, scripts in the policy's order; of several rules for one path or name the last wins. */
export function composePayload(
  rules: PayloadRules,
  policy: PolicyDocument,
  variables: () => TemplateVariables,
): Payload {
  const book = createSourceBook();
  const problems: RecordProblem[] = [];
  const fill = (content: string, template: Template | undefined, source: Source, subject: string): string => {
    if (template === undefined) return content;
    const rendered = template.render(variables());
    if (rendered.kind === 'rendered') return rendered.text;
    const { message, remedy } = rendered.problem;
    problems.push({
      source: source.name,
      record: source.record,
      field: source.field,
      message: `${subject}: ${message}`,
      remedy,
    });
    return '';
  };

  const files: GuestFile[] = winners(rules.files, policy.policy.files, ({ path }) => path).map(
    ({ rule, index, others }) => {
      const { path, mode = '0644', owner = 'root', group = 'root' } = rule;
      const source = policySource(policy, `/files/${index}`, `files ${index + 1}`);
      const content = fill(rule.content, policy.parsed.fileTemplates.get(index), source, path);
      book.note(
        'files',
        path,
        source,
        ...losers(others, (lost) => policySource(policy, `/files/${lost}`, `files ${lost + 1}`)),
      );
      return { path, mode, owner, group, content };
    },
  );
  files.sort((a, b) => compareText(a.path, b.path));

  const scripts: GuestScript[] = [];
  const contents: ScriptFile[] = [];
  for (const { rule, index, others } of winners(rules.scripts, policy.policy.scripts, ({ name }) => name)) {
    const { name, timeoutSeconds = 60 } = rule;
    const source = policySource(policy, `/scripts/${index}`, name);
    const content = fill(rule.content, policy.parsed.scriptTemplates.get(index), source, name);
    book.note(
      'scripts',
      name,
      source,
      ...losers(others, (lost) => policySource(policy, `/scripts/${lost}`, name)),
    );
    scripts.push({ name, sha256: createHash('sha256').update(content).digest('hex'), timeoutSeconds });
    contents.push({ name, content });
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  const value = { files, scripts, contents };
  return { kind: 'composed', part: createPart(value, book.lines(payloadLines(value))) };
}

/** A rule that wins for its key, and the places of those before it that it takes the place of, latest first. */
interface Winner<Rule> {
  readonly rule: Rule;
  readonly index: number;
  readonly others: readonly number[];
}

function winners<Rule>(
  places: readonly number[],
  rules: readonly Rule[] = [],
  keyOf: (rule: Rule) => string,
): readonly Winner<Rule>[] {
  const found = new Map<string, Winner<Rule>>();
  for (const index of places) {
    const rule = rules[index];
    if (rule === undefined) continue;
    const before = found.get(keyOf(rule));
    const others = before === undefined ? [] : [before.index, ...before.others];
    found.set(keyOf(rule), { rule, index, others });
  }
  return [...found.values()];
}

function losers(places: readonly number[], source: (place: number) => Source): readonly Source[] {
  return places.map((place) => overridden(source(place)));
}
