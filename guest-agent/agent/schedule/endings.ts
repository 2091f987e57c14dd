/** Sessions and processes of an account that are to end at some moment, because it was taken away or has expired. */
export interface Ending {
  readonly account: string;
  readonly uid: number;
  /** Milliseconds since 1970-01-01 UTC. One that has passed stays as long as the account is out: each run ends anew. */
  readonly at: number;
}

/** Where endings are kept from run to run. */
export const endingsPath = '/var/lib/ubugi/ending.json';

/** Those whose moment has come. */
export function endingsDue(record: readonly Ending[], now: number): readonly Ending[] {
  return record.filter(({ at }) => at <= now);
}

/** Text of `ending.json`: one ending a line, by name, its moment in RFC 3339. */
export function printEndings(record: readonly Ending[]): string {
  const lines = [...record]
    .sort((a, b) => (a.account < b.account ? -1 : 1))
    .map(({ account, uid, at }) => `  ${JSON.stringify({ account, uid, at: new Date(at).toISOString() })}`);
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/**
 * Reads `ending.json` back. What is damaged counts as nothing recorded: the next plan reckons the moments anew, which
 * must not stand in the way of taking anybody's access away.
 */
export function parseEndings(text: string | undefined): readonly Ending[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown): readonly Ending[] => {
    if (typeof item !== 'object' || item === null) return [];
    const { account, uid, at } = item as Record<string, unknown>;
    const moment = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    if (typeof account !== 'string' || typeof uid !== 'number' || Number.isNaN(moment)) return [];
    return [{ account, uid, at: moment }];
  });
}
