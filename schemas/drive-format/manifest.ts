import type { Manifest } from '../types/manifest.ts';
import type { Validator } from '../validation/validator.ts';
import { DriveRefusal } from './drive-refusal.ts';
import { renderManifest } from './manifest-text.ts';

/** `$id` of the manifest's schema. */
export const manifestSchema = 'https://ubugi.dev/schemas/v1/manifest.json';

/**
 * Parses a manifest and holds it to its schema and to the exact layout of {@link renderManifest}, so that every
 * reader of it, in whatever language, sees the same. Throws {@link DriveRefusal} `manifest-invalid`.
 */
export function parseManifest(bytes: Buffer, validate: Validator<Manifest>): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new DriveRefusal('manifest-invalid', 'the manifest is not JSON');
  }
  const validated = validate(value);
  if (validated.kind === 'invalid') {
    const problem = validated.problems[0];
    throw new DriveRefusal(
      'manifest-invalid',
      `the manifest ${problem?.pointer ?? ''} ${problem?.message ?? ''}`,
    );
  }
  const manifest = validated.value;
  if (new Set(manifest.files.map((file) => file.path)).size !== manifest.files.length) {
    throw new DriveRefusal('manifest-invalid', 'the manifest names a file twice');
  }
  if (!bytes.equals(Buffer.from(renderManifest(manifest)))) {
    throw new DriveRefusal('manifest-invalid', 'the manifest is not laid out as Ubugi writes it');
  }
  return manifest;
}
