import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runUbugi } from '../cli/run-ubugi.ts';
import type { WorkedExample } from './worked-example.ts';

/**
 * Runs the commands that stand in a page of the example behind `$ `.
 * @returns the lines below them that they do not print, each with its command; at least one command must be there
 */
export async function wronglyShown(
  { site, folder }: WorkedExample,
  page: string,
): Promise<readonly string[]> {
  const content = await readFile(join(folder, page), 'utf8');
  const shown = [...content.matchAll(/^\$ ubugi (.*)\n([^]*?)(?=^\$ |^```)/gm)];
  if (shown.length === 0) return [`${page} shows no command`];
  const wrong: string[] = [];
  for (const [, command = '', output = ''] of shown) {
    const args = command
      .split(' ')
      .map((word) => (word.startsWith('/etc/ubugi/') ? join(folder, word.slice(11)) : word));
    const { stdout, stderr } = await runUbugi(args, { UBUGI_SOCKET: site.socket, COLUMNS: '300' });
    const text = (stdout + stderr).replaceAll(folder, '/etc/ubugi');
    const printed = new Set(text.split('\n').map(comparable));
    for (const line of output.split('\n').map(comparable)) {
      if (line !== '…' && !printed.has(line)) wrong.push(`$ ubugi ${command}: ${line}`);
    }
  }
  return wrong;
}

/** Without times, durations, versions of the policy, the widths of tables and how a server spells types in a DN. */
function comparable(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'TIME')
    .replaceAll(/\b[\d.]+ (ms|s)\b/g, 'DURATION')
    .replaceAll(/\bpolicy [0-9a-f]{12}\b/g, 'policy VERSION')
    .replaceAll(/\b(CN|OU|DC)=/g, (type) => type.toLowerCase())
    .replaceAll(/\s+/g, ' ')
    .trim();
}
