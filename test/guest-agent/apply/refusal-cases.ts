import { exampleGuest } from '../example-guest.ts';

/** The machine, and another one. */
export const instance = exampleGuest().instance.id;
export const other = '11111111-2222-4333-8444-555555555555';
/** The script on the drive. */
export const script = '#!/bin/sh\ntouch /ran\n';
/** The machine's clock. */
export const now = Date.UTC(2026, 0, 10);

/** A drive that the launcher has let through, good but for one thing. */
export interface RefusalCase {
  readonly name: string;
  /** Changes the text of the manifest. */
  readonly manifest?: (text: string) => string;
  /** Files that lie on the drive or in the root instead of what is there; `undefined`: it is gone. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly applied?: { readonly generation: number; readonly newest?: number; readonly instance?: string };
  /** What the firmware calls this machine. */
  readonly firmware?: string;
  /** Options of the agent besides; it runs on the machine itself unless they say `--offline`. */
  readonly options?: readonly string[];
  /** Milliseconds since 1970 by the machine's clock. */
  readonly clock?: number;
  /** What the agent says; absent: it applies the drive. */
  readonly refused?: RegExp;
}

const member = (text: string) => (manifest: string) =>
  manifest.replace('  "payload"', `  ${text},\n  "payload"`);
const replace = (from: string | RegExp, to: string) => (manifest: string) => manifest.replace(from, to);
const layout = /manifest\.json is not laid out as Ubugi writes it/;
const schema = /manifest\.json is not valid/;
const broken = /manifest\.json cannot be read/;
/** What it says of a file. */
export const altered = /is missing or not the one in the manifest/;

/** All that the agent can tell by itself. */
export const refusalCases: readonly RefusalCase[] = [
  { name: 'a good drive' },

  {
    name: 'guest.json changed',
    files: { '/drive/ubugi/guest.json': JSON.stringify(exampleGuest({ onFailure: 'stop' })) },
    refused: /guest\.json is not the one in the manifest/,
  },
  {
    name: 'guest.json of another instance',
    manifest: replace(instance, other),
    refused: /guest\.json is for another instance than the manifest/,
  },
  {
    name: 'a script changed',
    files: { '/drive/ubugi/scripts/one': script.replace('ran', 'run') },
    refused: altered,
  },
  { name: 'a script longer', files: { '/drive/ubugi/scripts/one': `${script}\n` }, refused: altered },
  { name: 'a script gone', files: { '/drive/ubugi/scripts/one': undefined }, refused: altered },
  {
    name: 'another size in the manifest',
    manifest: replace(/(scripts.*"size": )\d+/, '$11'),
    refused: altered,
  },
  {
    name: 'a file gone that it does not read',
    files: { '/drive/ubugi/launch': undefined },
    refused: altered,
  },

  {
    name: 'a generation twice',
    manifest: replace('  "generation": 3,', '  "generation": 9,\n  "generation": 3,'),
    refused: layout,
  },
  {
    name: 'a file twice',
    manifest: replace(/( {4}\{ "path": "ubugi\/guest\.json".*\n)/, '$1$1'),
    refused: layout,
  },
  { name: 'carriage returns', manifest: (text) => text.replaceAll('\n', '\r\n'), refused: layout },
  {
    name: 'a generation of 2^53 and one',
    manifest: replace('"generation": 3', '"generation": 9007199254740993'),
    refused: schema,
  },
  { name: 'a NUL byte', manifest: replace('"generation"', '"gene\u0000ration"'), refused: broken },
  { name: 'something after the end', manifest: (text) => `${text}{}`, refused: broken },
  { name: 'an unknown member', manifest: member('"colour": "red"'), refused: schema },
  { name: '__proto__', manifest: member('"__proto__": {}'), refused: schema },
  { name: 'a path that leads out', manifest: replace('ubugi/launch', '../launch'), refused: schema },
  { name: 'a time that is none', manifest: member('"notAfter": "soon"'), refused: schema },

  {
    name: 'an older generation',
    applied: { generation: 4 },
    refused: /generation 3 is older than generation 4/,
  },
  { name: 'the same generation', applied: { generation: 3, newest: 3 } },
  { name: 'an older generation than another instance had', applied: { generation: 9, instance: other } },
  {
    name: 'one between a replay and the newest',
    applied: { generation: 2, newest: 7 },
    refused: /generation 3 is older than generation 7/,
  },
  { name: 'a replay', manifest: member('"replay": { "supersedes": 7 }'), applied: { generation: 7 } },
  {
    name: 'a replay again',
    manifest: member('"replay": { "supersedes": 7 }'),
    applied: { generation: 3, newest: 7 },
  },
  {
    name: 'a replay after something newer',
    manifest: member('"replay": { "supersedes": 7 }'),
    applied: { generation: 3, newest: 8 },
    refused: /it replays generation 3 after generation 7 at the latest, and generation 8 was applied/,
  },

  {
    name: 'a time that is over',
    manifest: member('"notAfter": "2026-01-09T00:00:00Z"'),
    refused: /it was valid until 2026-01-09T00:00:00Z/,
  },
  { name: 'a time that is not over', manifest: member('"notAfter": "2026-01-11T00:00:00Z"') },
  {
    name: 'a clock that stands before the drive was made',
    manifest: member('"notAfter": "2026-01-09T00:00:00Z"'),
    clock: 0,
  },

  { name: "the machine's own UUID", firmware: `${instance.toUpperCase()}\n` },
  { name: "the machine's own UUID, as old firmware stores it", firmware: swapped(instance) },
  {
    name: "another machine's UUID",
    firmware: `${other}\n`,
    refused: new RegExp(`it is for instance ${instance}, this machine is ${other}`),
  },
  { name: 'no UUID in the firmware', firmware: 'Not Settable\n' },
  {
    name: 'another UUID, but the machine is named',
    firmware: `${other}\n`,
    options: ['--instance', instance.toUpperCase()],
  },
  {
    name: 'a machine that is named otherwise',
    firmware: instance,
    options: ['--instance', other],
    refused: /it is for instance/,
  },
  { name: 'the root of another machine', firmware: `${other}\n`, options: ['--offline'] },
];

function swapped(uuid: string): string {
  const [a = '', b = '', c = '', ...rest] = uuid.split('-');
  return [...[a, b, c].map((part) => Buffer.from(part, 'hex').reverse().toString('hex')), ...rest].join('-');
}
