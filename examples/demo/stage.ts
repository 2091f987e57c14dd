import { styleText } from 'node:util';

/** Tells a person what goes on: steps, the commands that do them, and what they print. */
export interface Stage {
  step(title: string): void;
  /** A command as the reader could type it. */
  command(text: string): void;
  /** Output of a program, indented. */
  output(text: string): void;
  say(text: string): void;
}

/** @param stream where it is told; colours only on a terminal that wants them */
export function createStage(stream: NodeJS.WriteStream): Stage {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream });
  let steps = 0;
  return {
    step: (title) => stream.write(`\n${style(['bold', 'cyan'], `${++steps}. ${title}`)}\n`),
    command: (text) => stream.write(`   ${style('dim', `$ ${text}`)}\n`),
    output: (text) => stream.write(`${text.trimEnd().replaceAll(/^(?=.)/gm, '   ')}\n`),
    say: (text) => stream.write(`   ${text}\n`),
  };
}
