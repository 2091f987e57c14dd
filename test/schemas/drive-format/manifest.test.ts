import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriveRefusal } from '../../../schemas/drive-format/drive-refusal.ts';
import { parseManifest } from '../../../schemas/drive-format/manifest.ts';
import { renderManifest } from '../../../schemas/drive-format/manifest-text.ts';
import type { Manifest } from '../../../schemas/types/manifest.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';

const { manifest: validate } = createValidators();
const sum = 'ab'.repeat(32);

const sample: Manifest = {
  schema: 'https://ubugi.dev/schemas/v1/manifest.json',
  instance: '6f1c0b1e-0000-4000-8000-000000000001',
  generation: 3,
  issuedAt: '2026-01-02T03:04:05Z',
  payload: sum,
  files: [
    { path: 'ubugi/guest.json', size: 12, sha256: sum },
    { path: 'ec2/latest/meta-data.json', size: 0, sha256: sum },
  ],
};

describe('renderManifest', () => {
  it('has the layout that the launcher reads line by line', () => {
    expect(renderManifest(sample)).toBe(
      [
        '{',
        '  "schema": "https://ubugi.dev/schemas/v1/manifest.json",',
        '  "instance": "6f1c0b1e-0000-4000-8000-000000000001",',
        '  "generation": 3,',
        '  "issuedAt": "2026-01-02T03:04:05Z",',
        `  "payload": "${sum}",`,
        '  "files": [',
        `    { "path": "ec2/latest/meta-data.json", "size": 0, "sha256": "${sum}" },`,
        `    { "path": "ubugi/guest.json", "size": 12, "sha256": "${sum}" }`,
        '  ]',
        '}',
        '',
      ].join('\n'),
    );
    expect(renderManifest({ ...sample, notAfter: '2027-01-01T00:00:00Z' })).toContain(
      '"2026-01-02T03:04:05Z",\n  "notAfter": "2027-01-01T00:00:00Z",\n  "payload"',
    );
    expect(renderManifest({ ...sample, replay: { supersedes: 7 } })).toContain(
      '"2026-01-02T03:04:05Z",\n  "replay": { "supersedes": 7 },\n  "payload"',
    );
  });
});

describe('parseManifest', () => {
  function parse(text: string): Manifest {
    return parseManifest(Buffer.from(text), validate);
  }

  it('gives back any manifest', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ path, size: fc.nat(1000), sha256: fc.constant(sum) }), {
          selector: (file) => file.path,
          minLength: 1,
        }),
        fc.constantFrom(undefined, '2027-01-01T00:00:00Z'),
        fc.constantFrom(undefined, { supersedes: 9 }),
        (files, notAfter, replay) => {
          const manifest = {
            ...sample,
            files,
            ...(notAfter === undefined ? {} : { notAfter }),
            ...(replay === undefined ? {} : { replay }),
          };
          const text = renderManifest(manifest);
          const parsed = parse(text);
          expect(renderManifest(parsed)).toBe(text);
          expect(new Set(parsed.files.map((file) => file.path))).toEqual(
            new Set(files.map((file) => file.path)),
          );
        },
      ),
    );
  });

  it('refuses whatever is not laid out exactly so', () => {
    const text = renderManifest(sample);
    const duplicated = { ...sample, files: sample.files.map((file) => ({ ...file, path: 'same' })) };
    for (const other of [
      '',
      'null',
      '[]',
      '{"__proto__": {}}',
      text.trimEnd(),
      ` ${text}`,
      `${text}\n`,
      text.replaceAll('\n', '\r\n'),
      text.replace('"generation": 3', '"generation": 3.0'),
      text.replace('"generation": 3', '"generation": 2,\n  "generation": 3'),
      text.replace('  "payload"', '  "replay": {"supersedes": 9},\n  "payload"'),
      text.replace('ubugi/guest', 'ubugi\\/guest'),
      text.replace('ubugi/guest.json', '../guest.json'),
      text.replace('ubugi/guest.json', '/guest.json'),
      text.replace('"size": 12', '"size": -1'),
      text.replace('  "payload"', '  "extra": 1,\n  "payload"'),
      JSON.stringify(sample),
      renderManifest(duplicated),
    ]) {
      expect(() => parse(other)).toThrow(DriveRefusal);
    }
  });

  it('refuses every changed byte or reads a valid manifest of the same layout', () => {
    const text = renderManifest(sample);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(text);
        bytes.writeUInt8(byte, at);
        let read: string | undefined;
        try {
          read = renderManifest(parseManifest(bytes, validate));
        } catch (error) {
          if (!(error instanceof DriveRefusal)) throw error;
        }
        expect(read ?? bytes.toString()).toBe(bytes.toString());
      }),
    );
  });
});
