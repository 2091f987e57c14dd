import type { Manifest } from '../types/manifest.ts';

/**
 * The text of `ubugi/manifest.json`: one member and one file a line, in this order and indented so, because the
 * launcher in the guest reads it line by line with nothing but a POSIX shell. Files are sorted here.
 */
export function renderManifest(manifest: Manifest): string {
  const { notAfter, replay } = manifest;
  // Paths are ASCII (the schema's pattern), so that the order of their code units is that of their bytes.
  const files = [...manifest.files].sort((left, right) =>
    left.path < right.path ? -1 : left.path > right.path ? 1 : 0,
  );
  const lines = [
    '{',
    `  "schema": ${JSON.stringify(manifest.schema)},`,
    `  "instance": ${JSON.stringify(manifest.instance)},`,
    `  "generation": ${manifest.generation},`,
    `  "issuedAt": ${JSON.stringify(manifest.issuedAt)},`,
    ...(notAfter === undefined ? [] : [`  "notAfter": ${JSON.stringify(notAfter)},`]),
    ...(replay === undefined ? [] : [`  "replay": { "supersedes": ${replay.supersedes} },`]),
    `  "payload": ${JSON.stringify(manifest.payload)},`,
    '  "files": [',
    ...files.map((file, index) => {
      const comma = index + 1 < files.length ? ',' : '';
      return `    { "path": ${JSON.stringify(file.path)}, "size": ${file.size}, "sha256": "${file.sha256}" }${comma}`;
    }),
    '  ]',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The generation that counts where an older drive is refused: its own, or for a replay the newest that it may follow.
 */
export function effectiveGeneration({ generation, replay }: Manifest): number {
  return Math.max(generation, replay?.supersedes ?? 0);
}
