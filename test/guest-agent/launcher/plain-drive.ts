import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';

const DEADLINE = { timeout: 60_000 } as const;

/** A signer made by the real ssh-keygen, with the line that pins it. */
export interface Signer {
  readonly privateKeyPath: string;
  /** Path of an allowed signers file naming this signer only. */
  readonly trustedSignersPath: string;
}

/** What a drive made with plain tools holds; the server's drive builder has no part in it. */
export interface PlainDrive {
  readonly instance: string;
  readonly generation: number;
  readonly issuedAt?: string;
  readonly notAfter?: string;
  /** The newest generation that it may follow, for a replay. */
  readonly supersedes?: number;
  /** Files by path, without manifest and signature. */
  readonly files: Readonly<Record<string, string>>;
}

/** Makes an Ed25519 key pair and its allowed signers file in `dir`. */
export async function makeSigner(dir: string, name: string): Promise<Signer> {
  const privateKeyPath = join(dir, name);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', privateKeyPath], DEADLINE);
  const publicKey = (await readFile(`${privateKeyPath}.pub`, 'utf8')).trim();
  const trustedSignersPath = join(dir, `${name}.trusted_signers`);
  await writeFile(trustedSignersPath, `ubugi namespaces="ubugi-drive" ${publicKey}\n`);
  return { privateKeyPath, trustedSignersPath };
}

/** Renders the manifest of `drive`, one file a line. */
export function renderManifest(drive: PlainDrive): string {
  const files = Object.keys(drive.files)
    .sort()
    .map((path) => {
      const content = drive.files[path] ?? '';
      const sha256 = createHash('sha256').update(content).digest('hex');
      return `    { "path": "${path}", "size": ${Buffer.byteLength(content)}, "sha256": "${sha256}" }`;
    });
  const notAfter = drive.notAfter === undefined ? [] : [`  "notAfter": "${drive.notAfter}",`];
  const replay = drive.supersedes === undefined ? [] : [`  "replay": { "supersedes": ${drive.supersedes} },`];
  return [
    '{',
    '  "schema": "https://ubugi.dev/schemas/v1/manifest.json",',
    `  "instance": "${drive.instance}",`,
    `  "generation": ${drive.generation},`,
    `  "issuedAt": "${drive.issuedAt ?? '2026-01-02T03:04:05Z'}",`,
    ...notAfter,
    ...replay,
    `  "payload": "${'0'.repeat(64)}",`,
    '  "files": [',
    files.join(',\n'),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** Changes the text of `ubugi/manifest.json` in `tree` and signs it as it is then. */
export async function resignTree(
  tree: string,
  signer: Signer,
  change: (manifest: string) => string,
): Promise<void> {
  const path = join(tree, 'ubugi/manifest.json');
  const before = await readFile(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error('the manifest is as it was');
  await writeFile(path, after);
  await signTree(tree, signer);
}

/** Signs `ubugi/manifest.json` in `tree` with the real ssh-keygen. */
export async function signTree(tree: string, signer: Signer, namespace = 'ubugi-drive'): Promise<void> {
  const { stdout } = await execa('ssh-keygen', ['-Y', 'sign', '-f', signer.privateKeyPath, '-n', namespace], {
    ...DEADLINE,
    input: await readFile(join(tree, 'ubugi/manifest.json')),
  });
  await writeFile(join(tree, 'ubugi/manifest.sig'), `${stdout}\n`);
}

/** Writes files, manifest and signature of `drive` into the folder `tree`. */
export async function writeTree(tree: string, drive: PlainDrive, signer: Signer): Promise<void> {
  for (const [path, content] of Object.entries(drive.files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
  await writeFile(join(tree, 'ubugi/manifest.json'), renderManifest(drive));
  await signTree(tree, signer);
}

/** Turns the folder `tree` into an ISO 9660 image labelled as a config drive. */
export async function makeImage(tree: string, image: string, further: readonly string[] = []): Promise<void> {
  const options = ['-as', 'mkisofs', '-quiet', '-o', image, '-V', 'config-2', '-r', '-J', ...further, tree];
  await execa('xorriso', options, DEADLINE);
}

/** Every path below `dir` with its content: the state of a small root file system. */
export async function readState(dir: string): Promise<Readonly<Record<string, string>>> {
  const state: Record<string, string> = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    state[relative(dir, path)] = entry.isFile() ? await readFile(path, 'latin1') : '';
  }
  return state;
}
