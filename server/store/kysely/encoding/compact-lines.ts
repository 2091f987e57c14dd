import type { Source, SourceLine } from '../../../../schemas/types/api.ts';

type Place = readonly [kind: Source['kind'], name: string, record: string];
type CompactLine = readonly [
  section: SourceLine['section'],
  subject: string,
  value: string,
  ...sources: ReadonlyArray<number | string>,
];

/**
 * Source lines as JSON with each place (kind, name and record of a source) written once. The lines of one instance
 * name the same record of the CMDB again and again: 5 kB become 2 kB, in a tenth of the time that deflating takes.
 */
export function compactLines(lines: readonly SourceLine[]): string {
  const places: Place[] = [];
  const numberOf = ({ kind, name, record }: Source): number => {
    // They are a handful, so that looking through them is quicker than a map.
    const known = places.findIndex((place) => place[2] === record && place[1] === name && place[0] === kind);
    return known === -1 ? places.push([kind, name, record]) - 1 : known;
  };
  const compact = lines.map(
    ({ section, subject, value, sources }): CompactLine => [
      section,
      subject,
      value,
      ...sources.flatMap((source) => [numberOf(source), source.field]),
    ],
  );
  return JSON.stringify([places, compact]);
}

/** The lines that `compactLines` was given, keys in the order in which they are composed. */
export function expandLines(json: string): readonly SourceLine[] {
  const [places, lines] = JSON.parse(json) as readonly [readonly Place[], readonly CompactLine[]];
  return lines.map(([section, subject, value, ...compact]) => {
    const sources: Source[] = [];
    for (let index = 0; index < compact.length; index += 2) {
      const place = places[Number(compact[index])];
      if (place === undefined) throw new Error(`compact lines without place ${compact[index]}`);
      const [kind, name, record] = place;
      sources.push({ kind, name, record, field: String(compact[index + 1]) });
    }
    return { section, subject, value, sources };
  });
}
