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

/** Resolves when the child has written this line. Leaves the child running: leaving its own iterator would end it. */
export async function untilLine(child: ReturnType<typeof startChild>, wanted: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      seen += chunk.toString('utf8');
      if (seen.split('\n').includes(wanted)) resolve();
    };
    child.stdout.on('data', read);
    void child.then(({ stderr }) => {
      reject(new Error(`the child ended without the line ${wanted}: ${seen} ${stderr}`));
    });
  });
}
