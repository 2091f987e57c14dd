import { pointerAsPath } from './field-name.ts';
import { type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';
import { StrictJsonReader } from './strict-json.ts';
import { lineFinder } from './text-lines.ts';

/**
 * The records of a JSON inventory: a list of records (`schemas/v1/instance-record.json`), or an object whose
 * only key is `instances` with such a list.
 */
export function readJsonRecords(text: string, limits: ReadingLimits): readonly RawRecord[] {
  const line = lineFinder(text);
  const reader = new StrictJsonReader(text, limits, line);
  const records: RawRecord[] = [];

  function readList(): void {
    if (reader.accept(']')) return;
    do {
      const start = line(reader.offset);
      if (records.length === limits.records) {
        throw new UnreadableFile(
          start,
          `there are more than ${limits.records} records`,
          'split the inventory',
        );
      }
      const value = reader.value();
      records.push({ value, line: start, problems: reader.takeProblems(), fieldName: pointerAsPath });
    } while (reader.accept(','));
    reader.expect(']');
  }

  const start = line(reader.offset);
  if (reader.accept('[')) {
    readList();
  } else if (reader.accept('{')) {
    const remedy = 'give a list of records, or an object with the one key `instances`';
    if (reader.string() !== 'instances')
      throw new UnreadableFile(start, 'does not begin with `instances`', remedy);
    reader.expect(':');
    reader.expect('[');
    readList();
    if (reader.accept(',')) {
      throw new UnreadableFile(line(reader.offset), 'has more keys than `instances`', remedy);
    }
    reader.expect('}');
  } else {
    throw new UnreadableFile(start, 'is neither a list nor an object', 'give a list of records');
  }
  reader.expectEnd();
  return records;
}
