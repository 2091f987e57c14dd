/** Interpreter and its one argument by a script's `#!` line (execve(2)); `/bin/sh` without one. */
export function interpreterOf(text: string): readonly [string, ...string[]] {
  const match = /^#![ \t]*(\/[^ \t\n]+)(?:[ \t]+([^\n]*?))?[ \t]*(?:\n|$)/.exec(text);
  const [, program, argument = ''] = match ?? [];
  if (program === undefined) return ['/bin/sh'];
  return argument === '' ? [program] : [program, argument];
}
