import type { Source, SourceLine } from '../../../schemas/types/api.ts';
import type { GuestLine } from '../guest-lines.ts';

/** Collects, while a guest configuration is composed, where each of its lines comes from. */
export interface SourceBook {
  /** Notes further sources of the line that section and subject name. */
  note(section: SourceLine['section'], subject: string, ...sources: readonly Source[]): void;
  /** Lines of what was composed, with their sources. */
  lines(lines: readonly GuestLine[]): readonly SourceLine[];
}

/** An empty book. */
export function createSourceBook(): SourceBook {
  const book = new Map<string, Source[]>();
  return {
    note(section, subject, ...sources) {
      const key = `${section}\0${subject}`;
      const noted = book.get(key) ?? [];
      book.set(key, noted);
      for (const source of sources) if (!noted.some((known) => isSame(known, source))) noted.push(source);
    },
    lines(lines) {
      return lines.map((line) => ({
        ...line,
        sources: winnersFirst(book.get(`${line.section}\0${line.subject}`) ?? []),
      }));
    },
  };
}

/** Sources in the order noted, those that say otherwise last. */
export function winnersFirst(sources: readonly Source[]): Source[] {
  return [
    ...sources.filter((source) => source.overridden !== true),
    ...sources.filter((source) => source.overridden === true),
  ];
}

function isSame(a: Source, b: Source): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.record === b.record &&
    a.field === b.field &&
    a.overridden === b.overridden
  );
}
