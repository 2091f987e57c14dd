import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Drive } from '../../../guest-agent/agent/configuration/drive.ts';
import { dropOtherDrives, keepDrive, keptDrive } from '../../../guest-agent/agent/kept-drive/kept-drive.ts';
import { createNodeSystem } from '../../../guest-agent/agent/system/node-system.ts';
import type { System } from '../../../guest-agent/agent/system/system.ts';
import { sha256 } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

const FILES = {
  'ec2/latest/meta-data.json': '{}',
  'openstack/latest/meta_data.json': '{}',
  'ubugi/agent/aarch64/ubugi-agent': 'arm',
  'ubugi/agent/x86_64/ubugi-agent': 'x86',
  'ubugi/guest.json': '{}\n',
  'ubugi/launch': '#!/bin/sh\n',
  'ubugi/scripts/10-first': '#!/bin/sh\n',
};

let root: string;
let system: System;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ubugi-kept-'));
  mkdirSync(join(root, 'var/lib'), { recursive: true });
  system = createNodeSystem({ root });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A mounted drive in `/drive`. Its manifest differs by generation only. */
function drive(generation: number): Drive {
  for (const [path, text] of Object.entries(FILES)) put(`drive/${path}`, text);
  const manifest = `manifest of ${generation}`;
  put('drive/ubugi/manifest.json', manifest);
  put('drive/ubugi/manifest.sig', 'signature');
  const guest = exampleGuest();
  return {
    folder: '/drive',
    guest,
    guestSha256: '',
    manifestSha256: sha256(manifest),
    manifest: {
      schema: 'https://ubugi.dev/schemas/v1/manifest.json',
      instance: guest.instance.id,
      generation,
      issuedAt: '2026-01-02T03:04:05Z',
      payload: '0'.repeat(64),
      files: Object.entries(FILES).map(([path, text]) => ({
        path,
        size: text.length,
        sha256: createHash('sha256').update(text).digest('hex'),
      })),
    },
  };
}

/** What the transaction of a successful run records. */
function recordApplied({ manifest: { instance, generation }, manifestSha256 }: Drive): void {
  put('var/lib/ubugi/applied.json', JSON.stringify({ instance, generation, manifestSha256 }));
}

const kept = (): string => join(root, keptDrive(system) ?? 'nowhere');
const names = (): readonly string[] => readdirSync(join(root, 'var/lib/ubugi/drive'));

test('what this machine needs is kept, for root alone, and counts once it is applied', () => {
  keepDrive(drive(1), system);
  expect(keptDrive(system)).toBeUndefined();
  recordApplied(drive(1));
  const found = readdirSync(kept(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(kept().length + 1));
  expect(found.sort()).toEqual([
    'openstack/latest/meta_data.json',
    'ubugi/agent/x86_64/ubugi-agent',
    'ubugi/guest.json',
    'ubugi/launch',
    'ubugi/manifest.json',
    'ubugi/manifest.sig',
    'ubugi/scripts/10-first',
  ]);
  expect(readFileSync(join(kept(), 'ubugi/launch'), 'utf8')).toBe(FILES['ubugi/launch']);
  expect(statSync(join(root, 'var/lib/ubugi/drive')).mode & 0o777).toBe(0o700);
  expect(statSync(join(kept(), 'ubugi/agent/x86_64/ubugi-agent')).mode & 0o777).toBe(0o700);
  expect(statSync(join(kept(), 'ubugi/guest.json')).mode & 0o777).toBe(0o600);
});

test('the same drive is not written again, unless the copy is no longer whole', () => {
  keepDrive(drive(1), system);
  recordApplied(drive(1));
  const before = statSync(kept()).ino;
  keepDrive(drive(1), system);
  expect(statSync(kept()).ino).toBe(before);
  writeFileSync(join(kept(), 'ubugi/guest.json'), '');
  keepDrive(drive(1), system);
  expect(readFileSync(join(kept(), 'ubugi/guest.json'), 'utf8')).toBe('{}\n');
  expect(names()).toHaveLength(1);
});

test('the next one replaces it when it is applied, and goes again when it is not', () => {
  keepDrive(drive(1), system);
  recordApplied(drive(1));
  const first = kept();
  keepDrive(drive(2), system);
  expect(kept()).toBe(first);
  dropOtherDrives(system);
  expect(names()).toHaveLength(1);
  keepDrive(drive(2), system);
  recordApplied(drive(2));
  dropOtherDrives(system);
  expect(existsSync(first)).toBe(false);
  expect(readFileSync(join(kept(), 'ubugi/manifest.json'), 'utf8')).toBe('manifest of 2');
});

test('a medium that is not what its manifest says is not kept, and leaves nothing', () => {
  const damaged = drive(1);
  put('drive/ubugi/launch', '#!/bin/no\n');
  expect(() => keepDrive(damaged, system)).toThrow('/drive/ubugi/launch is not the one in the manifest');
  expect(names()).toEqual([]);
});

test('a full disk leaves nothing behind', () => {
  const full: System = {
    ...system,
    files: {
      ...system.files,
      syncFileSystem: () => {
        throw new Error('syncfs: No space left on device');
      },
    },
  };
  expect(() => keepDrive(drive(1), full)).toThrow('No space left');
  expect(names()).toEqual([]);
});

test('what a killed run left is cleared away', () => {
  put('var/lib/ubugi/drive/.partial/ubugi/guest.json', 'half');
  keepDrive(drive(1), system);
  recordApplied(drive(1));
  dropOtherDrives(system);
  expect(names()).toEqual([drive(1).manifestSha256]);
});
