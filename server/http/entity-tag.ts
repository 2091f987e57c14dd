/**
 * Whether an `If-None-Match` header lists an entity tag, by weak comparison (RFC 9110, 13.1.2).
 * @param header null: there is none
 * @param etag in quotes
 */
export function isEntityTagListed(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(',').some((part) => {
    const candidate = part.trim();
    return candidate === '*' || (candidate.startsWith('W/') ? candidate.slice(2) : candidate) === etag;
  });
}
