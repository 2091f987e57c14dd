import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { resignTree, signTree } from '../plain-drive.ts';
import type { DriveCase } from './drive-case.ts';

const unsigned =
  /: the signature of ubugi\/manifest\.json is not by a signer in \/etc\/ubugi\/trusted_signers/;
const unreadable = /: ubugi\/manifest\.json has a form that this launcher cannot read/;

/** Who signed the drive, and how. */
export const signatureCases: readonly DriveCase[] = [
  { name: 'another signer', change: (tree, bench) => signTree(tree, bench.otherSigner), refused: unsigned },
  {
    name: 'a signature for another purpose',
    change: (tree, bench) => signTree(tree, bench.signer, 'file'),
    refused: unsigned,
  },
  {
    name: 'no signature',
    change: (tree) => rm(join(tree, 'ubugi/manifest.sig')),
    refused: /: ubugi\/manifest\.sig is missing: it is not signed/,
  },
  {
    name: 'no manifest',
    change: (tree) => rm(join(tree, 'ubugi/manifest.json')),
    refused: /: it has no ubugi\/manifest\.json: it is not a drive of Ubugi/,
  },
  {
    name: 'an empty signature',
    change: (tree) => writeFile(join(tree, 'ubugi/manifest.sig'), ''),
    refused: unsigned,
  },
  {
    name: 'one changed byte in the manifest',
    change: (tree) => writeFile(join(tree, 'ubugi/manifest.json'), ' ', { flag: 'a' }),
    refused: unsigned,
  },
  {
    name: 'something after the signature',
    change: (tree) => writeFile(join(tree, 'ubugi/manifest.sig'), 'more\n', { flag: 'a' }),
    refused: unreadable,
  },
  {
    name: 'something before the signature',
    change: async (tree) => {
      const { stdout } = await execa('cat', [join(tree, 'ubugi/manifest.sig')]);
      await writeFile(join(tree, 'ubugi/manifest.sig'), `more\n${stdout}\n`);
    },
    refused: unsigned,
  },
];

function signedAs(name: string, change: (manifest: string) => string): DriveCase {
  return { name, change: (tree, bench) => resignTree(tree, bench.signer, change), refused: unreadable };
}

const line = (pattern: RegExp, text: string) => (manifest: string) => manifest.replace(pattern, text);
const generation = (value: string) =>
  signedAs(`generation ${value}`, line(/"generation": 3/, `"generation": ${value}`));
const time = (value: string) =>
  signedAs(`notAfter ${value}`, line(/( {2}"payload")/, `  "notAfter": ${value},\n$1`));
const replay = (value: string) =>
  signedAs(`replay ${value}`, line(/( {2}"payload")/, `  "replay": ${value},\n$1`));
const path = (value: string) => signedAs(`the path ${value}`, line(/ubugi\/guest\.json/, value));

/** Manifests that are signed, and that no server of ours writes. */
export const manifestCases: readonly DriveCase[] = [
  signedAs('carriage returns', (manifest) => manifest.replaceAll('\n', '\r\n')),
  signedAs('something after its end', (manifest) => `${manifest}{}\n`),
  signedAs('something before its begin', (manifest) => `{}\n${manifest}`),
  signedAs('an end too few', (manifest) => manifest.replace(/\}\n$/, '')),
  signedAs('all on one line', (manifest) => `${JSON.stringify(JSON.parse(manifest))}\n`),
  signedAs('a line of another kind', line(/( {2}"payload")/, '  payload\n$1')),
  signedAs('a generation twice', line(/( {2}"generation": 3,\n)/, '  "generation": 9,\n$1')),
  signedAs('an instance twice', line(/( {2}"instance": .*\n)/, '$1$1')),
  signedAs('a file twice', line(/( {4}\{ "path": "ubugi\/guest\.json".*\n)/, '$1$1')),
  signedAs('files out of order', (manifest) => {
    const [first = '', second = ''] = manifest.match(/ {4}\{.*\n/g) ?? [];
    return manifest.replace(first + second, second + first);
  }),
  signedAs('no files', line(/( {4}\{.*\n)+/, '')),
  signedAs('no generation', line(/ {2}"generation".*\n/, '')),
  signedAs('no instance', line(/ {2}"instance".*\n/, '')),
  signedAs('no time of issue', line(/ {2}"issuedAt".*\n/, '')),
  signedAs('an instance that is no UUID', line(/"instance": ".{8}-/, '"instance": "x')),
  signedAs('a hash in capitals', line(/"sha256": "[0-9a-f]{6}/, '"sha256": "ABCDEF')),
  signedAs('a hash that is cut', line(/"sha256": "[0-9a-f]{6}/, '"sha256": "')),
  ...['9007199254740993', '00000000003', '03', '0', '-1', '3.0', '3e0', '"3"', 'null', ''].map(generation),
  ...[
    '"2999-01-02"',
    '"2999-01-02T03:04:05+09:00"',
    '"2999-01-02T03:04:05"',
    '"\u001b[2J-01-02T03:04:05Z"',
  ].map(time),
  ...['{}', '{ "supersedes": 0 }', '{ "supersedes": -1 }', '{"supersedes":9}', '9', 'true'].map(replay),
  ...['../guest.json', '/etc/guest.json', 'ubugi//guest.json', './guest.json', 'ubugi/../x', 'a b', ''].map(
    path,
  ),
  {
    name: 'a member that only newer launchers know',
    change: (tree, bench) =>
      resignTree(tree, bench.signer, line(/( {2}"payload")/, '  "colour": "red",\n$1')),
  },
];
