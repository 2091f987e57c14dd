import { createHash } from 'node:crypto';
import type { Composition } from './compose/composition.ts';

/**
 * SHA-256 over guest configuration and scripts: equal content is the same generation. Where a value came from
 * does not count. Composing gives keys in a fixed order, so the JSON text is canonical.
 */
export function contentHash({ guest, scripts }: Pick<Composition, 'guest' | 'scripts'>): string {
  return createHash('sha256')
    .update(JSON.stringify([guest, scripts.map(({ name, content }) => [name, content])]))
    .digest('hex');
}
