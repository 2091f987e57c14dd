import { AppError } from '../../domain/errors.ts';

/** What a CMDB wants to know who asks; a client certificate is apart from it. */
export type HttpJsonCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly scheme: string; readonly token: string }
  | { readonly kind: 'header'; readonly header: string; readonly value: string };

/**
 * The header that carries credentials. A secret that no header can carry fails with `configuration-invalid` and is not
 * repeated.
 */
export function credentialHeaders(
  inventory: string,
  credentials: HttpJsonCredentials,
): Readonly<Record<string, string>> {
  switch (credentials.kind) {
    case 'none':
      return {};
    case 'basic': {
      // RFC 7617 leaves the charset open; UTF-8 is what servers that say so want.
      const pair = Buffer.from(`${credentials.user}:${credentials.password}`, 'utf8');
      return { authorization: `Basic ${pair.toString('base64')}` };
    }
    case 'bearer':
      return { authorization: `${credentials.scheme} ${asHeader(inventory, credentials.token)}` };
    case 'header':
      return { [credentials.header.toLowerCase()]: asHeader(inventory, credentials.value) };
  }
}

function asHeader(inventory: string, secret: string): string {
  if (/^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/.test(secret)) return secret;
  throw new AppError(
    'configuration-invalid',
    `inventory ${inventory}: the file with its secret holds characters that no HTTP header can carry: write the secret alone into it`,
  );
}
