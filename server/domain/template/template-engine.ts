import { Liquid } from 'liquidjs';
import { type EscapeKind, escapes } from './escape.ts';

/** Characters of a template, and of what it gives: the most that a file or script of a guest may have. */
export const contentLimit = 262_144;

/** Milliseconds of one rendering; a template within the other bounds takes some hundred at most. */
const renderMs = 2000;

/** Values and characters that a rendering may make. */
const memoryUnits = 500_000;

/** No tag that reads another file, and none that writes a value past the escaping or counts across renderings. */
const tags: ReadonlySet<string> = new Set([
  'assign',
  'capture',
  'case',
  'comment',
  'for',
  'if',
  'unless',
  'break',
  'continue',
  'raw',
  '#',
]);

/** No filter that asks the clock or chance, and none (`raw`) that goes past the escaping. */
const filters: ReadonlySet<string> = new Set(
  `abs append at_least at_most capitalize ceil compact concat default divided_by downcase first floor join last
  lstrip map minus modulo plus prepend remove remove_first remove_last replace replace_first replace_last reverse
  round rstrip size slice sort sort_natural split strip times truncate uniq upcase where`.split(/\s+/),
);

/** A Liquid engine that is strict, bounded and closed: it knows the variables that it is given and nothing else. */
export function createTemplateEngine(escape: EscapeKind): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    // `{% if instance.owner %}` and `| default:` may ask for what is absent.
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: contentLimit,
    renderLimit: renderMs,
    memoryLimit: memoryUnits,
    outputEscape: escapes[escape],
    // Takes the place of the file system.
    templates: {},
  });
  for (const name of Object.keys(engine.tags)) if (!tags.has(name)) delete engine.tags[name];
  for (const name of Object.keys(engine.filters)) if (!filters.has(name)) engine.unregisterFilter(name);
  return engine;
}
