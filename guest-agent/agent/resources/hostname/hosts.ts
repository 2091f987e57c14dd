import { findBlock, withBlock } from '../../rendering/block.ts';
import { domainName, guard } from '../../rendering/guard.ts';

/**
 * `/etc/hosts` with a marked block that resolves the machine's own name at 127.0.1.1 (Debian policy), in front of any
 * other such line, since the first match wins (hosts(5)). All other lines stay.
 */
export function renderHosts(current: string, name: string, fqdn: string | undefined): string {
  guard('hostname.name', name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  const names =
    fqdn === undefined || fqdn === name ? [name] : [guard('hostname.fqdn', fqdn, domainName), name];
  const line = `127.0.1.1 ${names.join(' ')}`;
  const { before, inside, after } = findBlock(current);
  if (inside !== undefined) return withBlock(before, [line], after);
  const at = placeFor(before);
  return withBlock(before.slice(0, at), [line], before.slice(at));
}

function placeFor(lines: readonly string[]): number {
  const own = lines.findIndex((line) => /^\s*127\.0\.1\.1\s/.test(line));
  if (own >= 0) return own;
  return lines.findIndex((line) => /^\s*127\.0\.0\.1\s/.test(line)) + 1;
}
