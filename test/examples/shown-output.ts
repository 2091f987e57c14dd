import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runUbugi } from '../cli/run-ubugi.ts';
import type { WorkedExample } from './worked-example.ts';

/** Runs the commands that stand in the example's README behind `$ `, and fails unless they print what follows them. */
export async function expectShown({ site, folder }: WorkedExample, file: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  const shown = [...text.matchAll(/^\$ ubugi (.*)\n([^]*?)(?=^\$ |^```)/gm)];
  expect(shown.length).toBeGreaterThan(0);
  for (const [, command = '', output = ''] of shown) {
    const args = command
      .split(' ')
      .map((word) => (word.startsWith('/etc/ubugi/') ? join(folder, word.slice(11)) : word));
    const { stdout, stderr } = await runUbugi(args, { UBUGI_SOCKET: site.socket, COLUMNS: '300' });
    const lines = (stdout + stderr).replaceAll(folder, '/etc/ubugi').split('\n').map(comparable);
    for (const line of output.split('\n').map(comparable)) {
      if (line !== '' && line !== '…') expect(lines, `$ ubugi ${command}`).toContain(line);
    }
  }
}

/** Without times, durations, versions of the policy and the widths of tables. */
function comparable(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'TIME')
    .replaceAll(/\b[\d.]+ (ms|s)\b/g, 'DURATION')
    .replaceAll(/\bpolicy [0-9a-f]{12}\b/g, 'policy VERSION')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
