import { disabledLine } from '../../../rendering/disabled.ts';

/** A file of interfaces(5) without the stanzas of some links. */
export interface WithoutStanzas {
  readonly text: string;
  /** `auto` and `allow-…` lines for other links that stood on a line with those: somebody else has to say them now. */
  readonly kept: readonly string[];
}

const keyword =
  /^\s*(auto|allow-\S+|iface|mapping|no-auto-down|no-scripts|rename|source(-directory|-dir)?|template)\b/;

/**
 * Puts the stanzas of those links, and of their aliases (`eth0:1`), into comments. Two stanzas for one link add up, and the
 * second address or route is refused as there already; busybox does not even read a file that has `auto` twice for one.
 */
export function withoutStanzas(text: string, names: ReadonlySet<string>): WithoutStanzas {
  const kept: string[] = [];
  let inside = false;
  let continued = false;
  const lines = text.split('\n').map((line) => {
    const comment = /^\s*(#|$)/.test(line);
    if (!continued && !comment && keyword.test(line)) {
      const [word = '', ...rest] = line.trim().split(/\s+/);
      const lists = /^(auto|allow-)/.test(word);
      const subjects = lists ? rest : /^(iface|mapping)$/.test(word) ? rest.slice(0, 1) : [];
      const others = subjects.filter((name) => !names.has(name.split(':')[0] ?? ''));
      inside = others.length < subjects.length;
      if (inside && lists && others.length > 0) kept.push(`${word} ${others.join(' ')}`);
    }
    const dropped = inside && (continued || !comment);
    continued = line.endsWith('\\') && (continued || !comment);
    return dropped ? disabledLine(line) : line;
  });
  return { text: lines.join('\n'), kept };
}

/** Whether a main file of interfaces(5) reads a path, by its `source` and `source-directory` lines. */
export function reads(text: string, path: string): boolean {
  return [...text.matchAll(/^\s*(source(?:-directory|-dir)?)\s+(\S+)\s*$/gm)].some(([, word, where = '']) => {
    const absolute = where.startsWith('/') ? where : `/etc/network/${where}`;
    const pattern = word === 'source' ? absolute : `${absolute.replace(/\/$/, '')}/*`;
    const expression = pattern.split('*').map((part) => part.replaceAll(/[^\w/]/g, String.raw`\$&`));
    return new RegExp(`^${expression.join('[^/]*')}$`).test(path);
  });
}
