import type { PlainDrive } from '../plain-drive.ts';

/** A genuine drive, and what was applied before. */
export interface IntentCase {
  readonly name: string;
  readonly drive: Partial<PlainDrive>;
  readonly applied?: {
    readonly generation: number;
    /** The newest ever; absent as older agents have recorded it. */
    readonly newest?: number;
    readonly instance?: string;
  };
  /** What the launcher says; absent: it takes the drive. */
  readonly refused?: RegExp;
}

const other = '11111111-2222-4333-8444-555555555555';

/** For whom a drive is, from when until when, and what it may follow. */
export const intentCases: readonly IntentCase[] = [
  { name: 'the first drive ever', drive: {} },
  {
    name: 'another instance',
    drive: { instance: other },
    refused: new RegExp(`: it is for instance ${other}, this machine is`),
  },
  { name: 'the same generation', drive: { generation: 3 }, applied: { generation: 3 } },
  { name: 'a newer generation', drive: { generation: 10 }, applied: { generation: 9, newest: 9 } },
  {
    name: 'an older generation',
    drive: { generation: 3 },
    applied: { generation: 4 },
    refused: /: it holds generation 3, older than generation 4 that was applied/,
  },
  {
    name: 'an older generation, by number and not by letters',
    drive: { generation: 9 },
    applied: { generation: 10, newest: 10 },
    refused: /: it holds generation 9, older than generation 10 /,
  },
  {
    name: 'an older generation, but another instance had the newer one: the machine was cloned',
    drive: { generation: 3 },
    applied: { generation: 9, newest: 9, instance: other },
  },
  {
    name: 'a generation between a replayed one and the newest',
    drive: { generation: 5 },
    applied: { generation: 3, newest: 7 },
    refused: /: it holds generation 5, older than generation 7 that was applied/,
  },
  {
    name: 'the newest generation after a replay',
    drive: { generation: 7 },
    applied: { generation: 3, newest: 7 },
  },
  {
    name: 'a replay that may follow what was applied',
    drive: { generation: 3, supersedes: 7 },
    applied: { generation: 7 },
  },
  {
    name: 'the same replay at the next boot',
    drive: { generation: 3, supersedes: 7 },
    applied: { generation: 3, newest: 7 },
  },
  {
    name: 'a replay that may follow something newer still',
    drive: { generation: 3, supersedes: 12 },
    applied: { generation: 7, newest: 7 },
  },
  { name: 'a replay where nothing was applied', drive: { generation: 3, supersedes: 7 } },
  {
    name: 'a replay after a generation that it does not know',
    drive: { generation: 3, supersedes: 7 },
    applied: { generation: 8 },
    refused: /: it replays generation 3 after generation 7 at the latest, and generation 8 was applied/,
  },
  {
    name: 'a replay that was used before, after the generation that followed it was replayed too',
    drive: { generation: 3, supersedes: 7 },
    applied: { generation: 2, newest: 8 },
    refused: /: it replays generation 3 after generation 7 at the latest, and generation 8 was applied/,
  },
  { name: 'a replay for nothing', drive: { generation: 3, supersedes: 1 }, applied: { generation: 3 } },
  {
    name: 'a replay that may follow less than itself',
    drive: { generation: 3, supersedes: 1 },
    applied: { generation: 4 },
    refused: /: it replays generation 3 /,
  },
  { name: 'a time that is not over', drive: { notAfter: '2999-01-02T03:04:05Z' } },
  { name: 'such a time with a fraction', drive: { notAfter: '2999-01-02T03:04:05.5Z' } },
  {
    name: 'a time that is over',
    drive: { notAfter: '2026-01-02T03:04:05.000Z' },
    refused: /: it was valid until 2026-01-02T03:04:05\.000Z only/,
  },
  {
    name: 'a replay whose time is over',
    drive: { supersedes: 9, notAfter: '2026-01-02T03:04:05Z' },
    refused: /: it was valid until 2026-01-02T03:04:05Z only/,
  },
];
