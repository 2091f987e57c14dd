import type { Insertable, Selectable } from 'kysely';
import type { StoredToken } from '../store.ts';
import { storableText } from './encoding/storable-text.ts';
import type { TokenTable } from './tables.ts';

/** The row of a token. */
export function tokenToRow(token: StoredToken): Insertable<TokenTable> {
  return {
    id: token.id,
    name: storableText(token.name),
    role: token.role,
    hypervisor: token.hypervisor,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    revoked_at: token.revokedAt,
    secret_sha256: token.secretSha256,
    used_at: token.usedAt,
    credential_sha256: token.credentialSha256,
    replaces: token.replaces,
  };
}

/** A token from its row. */
export function tokenFromRow(row: Selectable<TokenTable>): StoredToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role as StoredToken['role'],
    hypervisor: row.hypervisor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    secretSha256: row.secret_sha256,
    usedAt: row.used_at,
    credentialSha256: row.credential_sha256,
    replaces: row.replaces,
  };
}
