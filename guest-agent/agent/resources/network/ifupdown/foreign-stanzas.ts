import { disabledLine } from '../../../rendering/disabled.ts';

/** A file of interfaces(5) without the stanzas of some links. */
export interface WithoutStanzas {
  readonly text: string;
  /** Links that a line with stanzas of ours besides brought up: somebody else has to name them now. */
  readonly autos: readonly string[];
}

const keyword =
  /^\s*(auto|allow-\S+|iface|mapping|no-auto-down|no-scripts|rename|source(-directory|-dir)?|template)\b/;

/**
 * Puts the stanzas of those links, and of their aliases (`eth0:1`), into comments. Two stanzas for one link add up, and the
 * second address or route is refused as there already. `auto` and `allow-…` lines of the links themselves stay: we have a
 * stanza for each.
 */
export function withoutStanzas(text: string, names: ReadonlySet<string>): WithoutStanzas {
  const autos: string[] = [];
  let inside = false;
  let continued = false;
  const lines = text.split('\n').map((line) => {
    const comment = /^\s*(#|$)/.test(line);
    if (!continued && !comment && keyword.test(line)) {
      const [word = '', ...rest] = line.trim().split(/\s+/);
      inside = (word === 'iface' || word === 'mapping') && names.has(base(rest[0]));
      if (/^(auto|allow-)/.test(word) && rest.some((name) => isAlias(name, names))) {
        if (word === 'auto') autos.push(...rest.filter((name) => !names.has(base(name))));
        inside = true;
      }
    }
    const dropped = inside && (continued || !comment);
    continued = line.endsWith('\\') && !(comment && !continued);
    return dropped ? disabledLine(line) : line;
  });
  return { text: lines.join('\n'), autos };
}

function isAlias(name: string, names: ReadonlySet<string>): boolean {
  return name.includes(':') && names.has(base(name));
}

function base(name: string | undefined): string {
  return name?.split(':')[0] ?? '';
}

/** Whether a main file of interfaces(5) reads a path, by its `source` and `source-directory` lines. */
export function reads(text: string, path: string): boolean {
  return [...text.matchAll(/^\s*(source(?:-directory|-dir)?)\s+(\S+)\s*$/gm)].some(([, word, where = '']) => {
    const absolute = where.startsWith('/') ? where : `/etc/network/${where}`;
    const pattern = word === 'source' ? absolute : `${absolute.replace(/\/$/, '')}/*`;
    if (!pattern.includes('*')) return pattern === path;
    const expression = pattern.split('*').map((part) => part.replaceAll(/[^\w/]/g, String.raw`\$&`));
    return new RegExp(`^${expression.join('[^/]*')}$`).test(path);
  });
}
