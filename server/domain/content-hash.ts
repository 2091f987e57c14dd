import { createHash } from 'node:crypto';
import type { Composition } from './compose/composition.ts';

/**
 * SHA-256 over guest configuration and scripts: equal content is the same generation. Where a value came from
 * does not count. Made from the hashes of the shared parts, so that only what is the instance's own is hashed for each.
 */
export function contentHash({ own, parts }: Pick<Composition, 'own' | 'parts'>): string {
  const { identity, sudo, payload } = parts;
  return createHash('sha256')
    .update(JSON.stringify([own, identity.sha256, sudo.sha256, payload.sha256]))
    .digest('hex');
}
