import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** What a drive is to be. */
export interface DriveWish {
  readonly instance: string;
  readonly generation: number;
  readonly notAfter?: string;
  /** The drive replays an older generation after this one. */
  readonly supersedes?: number;
  /** The instance's name, so that two drives of one generation differ. */
  readonly name?: string;
}

/** Makes drives with programs that are not ours: xorriso and ssh-keygen. */
export interface DriveMaker {
  /** Content of a trusted signers file with this maker's key. */
  readonly trustedSigners: string;
  make(wish: DriveWish): Promise<Buffer>;
}

const deadline = { timeout: 30_000 };

/** A maker with a key of its own. @param folder scratch folder, kept by the caller */
export async function createDriveMaker(folder: string): Promise<DriveMaker> {
  const home = await mkdtemp(join(folder, 'maker-'));
  const key = join(home, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], deadline);
  const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  return {
    trustedSigners: `ubugi namespaces="ubugi-drive" ${publicKey}\n`,
    make: async (wish) => {
      const work = await mkdtemp(join(home, 'drive-'));
      try {
        return await makeDrive(work, key, wish);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

async function makeDrive(work: string, key: string, wish: DriveWish): Promise<Buffer> {
  const tree = join(work, 'tree');
  const files = {
    'openstack/latest/meta_data.json': JSON.stringify({ uuid: wish.instance }),
    'ubugi/guest.json': JSON.stringify(guestConfiguration(wish)),
  };
  for (const [path, content] of Object.entries(files)) await put(join(tree, path), content);
  const manifest = join(tree, 'ubugi/manifest.json');
  await put(manifest, renderManifest(wish, files));
  await execa('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'ubugi-drive', '-f', key, manifest], deadline);
  await put(join(tree, 'ubugi/manifest.sig'), await readFile(`${manifest}.sig`, 'utf8'));
  await rm(`${manifest}.sig`);
  const image = join(work, 'drive.iso');
  const names = ['-V', 'config-2', '-l', '-J', '-r', '-no-pad'];
  await execa('xorriso', ['-no_rc', '-as', 'mkisofs', '-quiet', '-o', image, ...names, tree], deadline);
  return readFile(image);
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** One file a line, paths in byte order: docs/drive-format.md. */
function renderManifest(wish: DriveWish, files: Readonly<Record<string, string>>): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = Object.entries(files).map(
    ([path, text]) =>
      `    { "path": "${path}", "size": ${Buffer.byteLength(text)}, "sha256": "${sha256(text)}" }`,
  );
  return [
    '{',
    '  "schema": "https://ubugi.dev/schemas/v1/manifest.json",',
    `  "instance": "${wish.instance}",`,
    `  "generation": ${wish.generation},`,
    '  "issuedAt": "2026-01-02T03:04:05Z",',
    ...(wish.notAfter === undefined ? [] : [`  "notAfter": "${wish.notAfter}",`]),
    ...(wish.supersedes === undefined ? [] : [`  "replay": { "supersedes": ${wish.supersedes} },`]),
    `  "payload": "${'0'.repeat(64)}",`,
    '  "files": [',
    lines.join(',\n'),
    '  ]',
    '}',
    '',
  ].join('\n');
}

function guestConfiguration({ instance, name = 'web-01' }: DriveWish): unknown {
  return {
    schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
    instance: { id: instance, name, osFamily: 'debian' },
    hostname: { name: 'web-01' },
    network: { interfaces: [] },
    dns: {},
    ntp: {},
    groups: [],
    accounts: [],
    sudo: { rules: [] },
    files: [],
    scripts: [],
  };
}
