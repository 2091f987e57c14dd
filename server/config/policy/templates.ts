import type { PolicyFile, PolicyScript } from '../../../schemas/types/policy.ts';
import type { EscapeKind } from '../../domain/template/escape.ts';
import { createTemplateCompiler, type Template } from '../../domain/template/template.ts';
import type { Complain } from './parse-policy.ts';

/** Compiles the contents of a list's rules that are templates. @param usual escaping where a rule names none */
export type ContentCompiler = (
  list: 'files' | 'scripts',
  rules: readonly Pick<PolicyFile | PolicyScript, 'content' | 'template' | 'escape'>[],
  usual: EscapeKind,
) => ReadonlyMap<number, Template>;

/** What is wrong with a template is wrong with the rule's `content`. */
export function createContentCompiler(complain: Complain): ContentCompiler {
  const compile = createTemplateCompiler();
  return (list, rules, usual) => {
    const templates = new Map<number, Template>();
    for (const [index, { content, template = false, escape }] of rules.entries()) {
      const pointer = `/${list}/${index}`;
      if (template) {
        const compiled = compile(content, escape ?? usual);
        if (compiled.kind === 'compiled') templates.set(index, compiled.template);
        else complain(`${pointer}/content`, compiled.problem.message, compiled.problem.remedy);
      } else if (escape !== undefined) {
        complain(`${pointer}/escape`, 'is for templates only', 'add `template: true`, or remove it');
      }
    }
    return templates;
  };
}
