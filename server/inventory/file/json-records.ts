import { readJsonDocument } from '../../../schemas/validation/json-document.ts';
import { pointerAsPath } from './field-name.ts';
import { JsonListSplitter, type ListEntry } from './json-list.ts';
import { type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';

/**
 * The records of a JSON inventory: a list of records (`schemas/v1/instance-record.json`), or an object whose
 * only key is `instances` with such a list. Holds no more of the text than a piece and a record.
 */
export async function* readJsonRecords(
  text: AsyncIterable<string>,
  limits: ReadingLimits,
): AsyncGenerator<readonly RawRecord[]> {
  const splitter = new JsonListSplitter(limits);
  let count = 0;
  for await (const piece of text) {
    const entries = splitter.push(piece);
    count += entries.length;
    if (count > limits.records) {
      throw new UnreadableFile(
        entries.at(-1)?.line,
        `there are more than ${limits.records} records`,
        'split the inventory',
      );
    }
    if (entries.length > 0) yield entries.map((entry) => readEntry(entry, limits));
  }
  splitter.end();
}

/** What JSON.parse would let pass is the record's problem; what it refuses, that of the file. */
function readEntry({ text, line }: ListEntry, limits: ReadingLimits): RawRecord {
  const reading = readJsonDocument(text, limits);
  if (reading.kind === 'valid') return { value: reading.value, line, problems: [], fieldName: pointerAsPath };
  try {
    // Its UUID tells which machine keeps its last good generation.
    return { value: JSON.parse(text), line, problems: [reading.problem], fieldName: pointerAsPath };
  } catch (error) {
    throw new UnreadableFile(line, 'is not JSON, or the record that starts there', 'correct the JSON', error);
  }
}
