import { Command } from 'commander';

/** One way to use a command, as `--help` and the reference show it. */
export interface Example {
  /** What it does, in a few words. */
  readonly purpose: string;
  /** The whole command line. */
  readonly line: string;
}

/** What is said of a command. */
export interface CommandText {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph: what it does, what it prints, when it fails. */
  readonly description: string;
  readonly examples: readonly Example[];
}

/** A command that shows its examples after its help, and keeps them for the reference. */
export class DocumentedCommand extends Command {
  readonly examples: readonly Example[];

  constructor(text: CommandText) {
    super(text.name);
    this.examples = text.examples;
    this.summary(text.summary)
      .description(text.description)
      .helpOption('-h, --help', 'show this help')
      .addHelpText('after', () => {
        const lines = this.examples.map(({ purpose, line }) => `  # ${purpose}\n  ${line}`);
        return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n\n')}`;
      });
  }
}
