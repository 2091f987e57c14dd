import { setImmediate } from 'node:timers/promises';
import type { ExplainedLine, SourceLine } from '../../../schemas/types/api.ts';
import { linesByIdentity } from '../../domain/guest-lines.ts';
import type { GenerationHeader, Store, StoredGeneration } from '../../store/store.ts';

/** Generations that are held in memory together. */
const chunkSize = 16;

/**
 * Since when each line of a generation has said what it says: walks back through the older generations until every
 * line has been found to differ, some generations at a time. Generations of the same content are not read.
 * @param lines those of the generation that are asked about
 */
export async function explainSince(
  store: Pick<Store, 'generation' | 'generationHeaders'>,
  generation: StoredGeneration,
  lines: readonly SourceLine[],
): Promise<ExplainedLine[]> {
  const headers = (await store.generationHeaders(generation.instance)).filter(
    ({ number }) => number <= generation.number,
  );
  const since = new Map<string, GenerationHeader>();
  const open = linesByIdentity(lines);
  let oldest: GenerationHeader = headers[0] ?? generation;

  function compare(header: GenerationHeader, older: readonly SourceLine[]): void {
    const known = linesByIdentity(older);
    for (const [identity, line] of open) {
      if (known.get(identity)?.value === line.value) continue;
      since.set(identity, oldest);
      open.delete(identity);
    }
    oldest = header;
  }

  for (let start = 1; start < headers.length && open.size > 0; start += chunkSize) {
    const chunk = headers.slice(start, start + chunkSize);
    // The database of one process answers without ever leaving the turn: others get theirs between chunks.
    await setImmediate();
    const read = await readChanged(store, oldest, chunk);
    for (const header of chunk) {
      const older = read.get(header.number);
      if (older === undefined) oldest = header;
      else if (open.size > 0) compare(header, older.sources);
    }
  }
  return [...linesByIdentity(lines)].map(([identity, line]) => {
    const { number, createdAt, actor, reason } = since.get(identity) ?? oldest;
    return { ...line, since: { generation: number, at: createdAt, actor, reason } };
  });
}

/** The generations of a chunk, newest first, whose content differs from that of the next newer one. */
async function readChanged(
  store: Pick<Store, 'generation'>,
  newer: GenerationHeader,
  chunk: readonly GenerationHeader[],
): Promise<ReadonlyMap<number, StoredGeneration>> {
  const changed = chunk.filter(
    ({ contentSha256 }, index) => contentSha256 !== (chunk[index - 1] ?? newer).contentSha256,
  );
  const read = await Promise.all(
    changed.map(async ({ instance, number }) => await store.generation(instance, number)),
  );
  return new Map(
    read.flatMap((generation) => (generation === undefined ? [] : [[generation.number, generation]])),
  );
}
