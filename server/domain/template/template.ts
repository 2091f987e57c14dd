import { type Liquid, LiquidError, type Template as ParsedTemplate } from 'liquidjs';
import { parseAllDocuments } from 'yaml';
import { createMemo } from '../compose/memo.ts';
import { printable } from '../printable.ts';
import { type EscapeKind, ValueRefused } from './escape.ts';
import { contentLimit, createTemplateEngine } from './template-engine.ts';
import { sampleVariables, type TemplateVariables } from './template-variables.ts';
import { unknownVariable } from './variable-check.ts';

/** What is wrong with a template, or with a value in it. The message names the place in the template. */
export interface TemplateProblem {
  readonly message: string;
  readonly remedy: string;
}

/** What a template gives, or why it gives nothing. */
export type Rendered =
  | { readonly kind: 'rendered'; readonly text: string }
  | { readonly kind: 'refused'; readonly problem: TemplateProblem };

/** A template of the policy, compiled. */
export interface Template {
  /** The content for one guest. */
  render(variables: TemplateVariables): Rendered;
}

/** A compiled template, or what is wrong with it. */
export type Compiled =
  | { readonly kind: 'compiled'; readonly template: Template }
  | { readonly kind: 'refused'; readonly problem: TemplateProblem };

/** Compiles templates. */
export type TemplateCompiler = (content: string, escape: EscapeKind) => Compiled;

/**
 * A compiler of Liquid templates (liquidjs). A template is tried when it is compiled: syntax, tags, filters, every
 * variable that it names, and a rendering in which everything is there.
 */
export function createTemplateCompiler(): TemplateCompiler {
  const engines = createMemo<Liquid>();
  const sample = sampleVariables();
  return (content, escape) => {
    const engine = engines(escape, () => createTemplateEngine(escape));
    try {
      const parsed = engine.parse(content);
      const unknown = unknownVariable(engine.analyzeSync(parsed), sample);
      if (unknown !== undefined) return { kind: 'refused', problem: unknown };
      const template: Template = { render: (variables) => render(engine, parsed, escape, variables) };
      const tried = template.render(sample);
      if (tried.kind === 'refused') return tried;
      const form = escape === 'yaml' ? yamlProblem(tried.text) : undefined;
      return form === undefined ? { kind: 'compiled', template } : { kind: 'refused', problem: form };
    } catch (error) {
      return { kind: 'refused', problem: templateProblem(error, 'correct the template') };
    }
  };
}

function render(
  engine: Liquid,
  parsed: ParsedTemplate[],
  escape: EscapeKind,
  variables: TemplateVariables,
): Rendered {
  try {
    const text = String(engine.renderSync(parsed, variables));
    if (text.length > contentLimit) {
      return refused(`gives more than ${contentLimit} characters`, 'shorten the template or its lists');
    }
    if (escape === 'json') JSON.parse(text);
    return { kind: 'rendered', text };
  } catch (error) {
    if (error instanceof SyntaxError) return refused('gives something that is not JSON', formRemedy);
    return {
      kind: 'refused',
      problem: templateProblem(
        error,
        'set the value where it comes from, or write the place within `{% if … %}` or with `| default:`',
      ),
    };
  }
}

const formRemedy = 'write outputs in the places of whole values, without quotes around, and mind the commas';

/** Too slow for 100,000 guests, so it is looked at once, with the sample. */
function yamlProblem(text: string): TemplateProblem | undefined {
  const hasErrors = [...parseAllDocuments(text)].some((document) => document.errors.length > 0);
  return hasErrors ? { message: 'gives something that is not YAML', remedy: formRemedy } : undefined;
}

function refused(message: string, remedy: string): Rendered {
  return { kind: 'refused', problem: { message, remedy } };
}

/** An error of the engine by its place: text of the template, which operators wrote, and never a value. */
function templateProblem(error: unknown, remedy: string): TemplateProblem {
  if (!LiquidError.is(error)) {
    // The length of a template, and nesting that no stack holds, have no place.
    return { message: `cannot be filled in: ${reason(error instanceof Error ? error.message : '')}`, remedy };
  }
  const { token, originalError } = error;
  const [line] = token.getPosition();
  const place = `\`${printable(token.getText().split('\n', 1)[0] ?? '')}\` (line ${line} of the content)`;
  if (originalError instanceof ValueRefused) {
    return { message: `${place} ${originalError.message}`, remedy: originalError.remedy };
  }
  if (error instanceof Error && error.name === 'UndefinedVariableError') {
    return { message: `${place} is not there`, remedy };
  }
  return { message: `${place}: ${reason(originalError?.message ?? (error as Error).message)}`, remedy };
}

/** The engine's words without the position, which it appends. */
function reason(message: string): string {
  return printable(message.split(/, (?:file|line):/, 1)[0] ?? '', 120);
}
