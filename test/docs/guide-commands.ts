import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A guide whose commands are run by tests. */
export type Guide = 'hypervisor' | 'nova' | 'operations';

/** All of them. */
export const guides: readonly Guide[] = ['hypervisor', 'nova', 'operations'];

/** One of our commands in a guide, as a shell would read it. */
export interface GuideCommand {
  readonly guide: Guide;
  /** The command without what follows it: comment, pipe or another command. */
  readonly line: string;
  readonly program: 'ubugi' | 'ubugi-hypervisor';
  readonly args: readonly string[];
}

/** Text of a guide. */
export function guideText(guide: Guide): string {
  return readFileSync(join(import.meta.dirname, '../../docs', `${guide}.md`), 'utf8');
}

/** Every line of the guide's `sh` blocks that begins with one of our programs, in order. */
export function commandsOf(guide: Guide): readonly GuideCommand[] {
  const blocks = [...guideText(guide).matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)];
  return blocks
    .flatMap(([, , block = '']) => block.split('\n'))
    .map((line) => line.trim())
    .filter((line) => /^ubugi(-hypervisor)? /.test(line))
    .map((text) => {
      const { line, words } = readCommand(text);
      const [program, ...args] = words;
      return { guide, line, program: program === 'ubugi' ? 'ubugi' : 'ubugi-hypervisor', args };
    });
}

/** Words of a simple command: blanks, quotes and backslashes as sh(1) has them, up to a comment or operator. */
function readCommand(text: string): { readonly line: string; readonly words: readonly string[] } {
  const words: string[] = [];
  let rest = text;
  for (;;) {
    rest = rest.trimStart();
    const [word] = /^(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\|&;<>])+/.exec(rest) ?? [];
    if (word === undefined || word.startsWith('#')) break;
    words.push(
      word.replaceAll(
        /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
        (_, single?: string, double?: string, escaped?: string) =>
          single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
      ),
    );
    rest = rest.slice(word.length);
  }
  return { line: text.slice(0, text.length - rest.length).trim(), words };
}
