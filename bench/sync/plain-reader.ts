/**
 * `node plain-reader.ts file PATH` or `… netbox URL TOKEN-FILE`: reads the CMDB as anybody would, parses its JSON and
 * does nothing with it. `plain-reading.ts` runs it as a process of its own. Prints `{"records":N,"peakBytes":N}`.
 */
import { readFileSync } from 'node:fs';

const netboxLists = ['virtualization/virtual-machines/', 'virtualization/interfaces/', 'ipam/ip-addresses/'];

/** Answers stay in memory, as they must for joining them. */
async function readNetbox(url: string, tokenFile: string): Promise<readonly unknown[]> {
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
  const lists = await Promise.all(
    netboxLists.map(async (list) => {
      const rows: { readonly id: number }[] = [];
      for (let start = 1; ; start = (rows.at(-1)?.id ?? 0) + 1) {
        const page = new URL(`api/${list}?limit=500&start=${start}`, url);
        const answer = await fetch(page, { headers: { authorization } });
        if (!answer.ok) throw new Error(`${page.href} answered ${answer.status}`);
        const { results, next } = (await answer.json()) as {
          readonly results: readonly { readonly id: number }[];
          readonly next: string | null;
        };
        rows.push(...results);
        if (next === null) return rows;
      }
    }),
  );
  return lists[0] ?? [];
}

function readFile(path: string): readonly unknown[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly instances: readonly unknown[] }).instances;
}

const [kind, place = '', tokenFile = ''] = process.argv.slice(2);
const records = kind === 'file' ? readFile(place) : await readNetbox(place, tokenFile);
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ records: records.length, peakBytes }));
