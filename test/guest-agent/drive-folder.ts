import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';

/** Writes what the agent reads of a mounted drive. @returns nothing; `folder` holds `ubugi/…` afterwards. */
export function writeDriveFolder(
  folder: string,
  guest: GuestConfiguration,
  options: {
    readonly generation?: number;
    readonly scripts?: Readonly<Record<string, string>>;
    /** Other files by path. */
    readonly further?: Readonly<Record<string, string>>;
  } = {},
): void {
  const scripts = Object.entries(options.scripts ?? {});
  const files = [
    { path: 'ubugi/guest.json', text: `${JSON.stringify(guest, null, 2)}\n` },
    ...scripts.map(([name, text]) => ({ path: `ubugi/scripts/${name}`, text })),
    ...Object.entries(options.further ?? {}).map(([path, text]) => ({ path, text })),
  ].sort((left, right) => (left.path < right.path ? -1 : 1));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const lines = files.map(
    ({ path, text }) =>
      `    { "path": "${path}", "size": ${Buffer.byteLength(text)}, "sha256": "${sha256(text)}" }`,
  );
  writeFileSync(
    join(folder, 'ubugi/manifest.json'),
    `{
  "schema": "https://ubugi.dev/schemas/v1/manifest.json",
  "instance": "${guest.instance.id}",
  "generation": ${options.generation ?? 1},
  "issuedAt": "2026-01-02T03:04:05Z",
  "payload": "${'0'.repeat(64)}",
  "files": [
${lines.join(',\n')}
  ]
}
`,
  );
}

/** SHA-256 of a text in hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
