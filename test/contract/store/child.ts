import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What a child process does with a store: one file of `children/` each. */
export type ChildTask = 'hold-lock' | 'migrate' | 'write-for-ever';

/** Starts a child process with a store of its own. It ends with this process, and when its standard input does. */
export function startChild(task: ChildTask, location: string) {
  const program = fileURLToPath(new URL(`children/${task}.ts`, import.meta.url));
  return execa(process.execPath, [program, location], {
    timeout: 60_000,
    reject: false,
    all: true,
    buffer: true,
  });
}

/** Resolves when the child has written this line. */
export async function untilLine(child: ReturnType<typeof startChild>, wanted: string): Promise<void> {
  const seen: string[] = [];
  for await (const line of child) {
    seen.push(line);
    if (line === wanted) {
      return;
    }
  }
  throw new Error(`the child ended without the line ${wanted}: ${seen.join('\n')} ${(await child).stderr}`);
}
