import { join } from 'node:path';
import { execa } from 'execa';
import type { SlapdServer } from '../../test/harness/slapd-server.ts';
import { baseDn } from './site/directory-ldif.ts';

/** Both sources read without doing anything with them: the least that any sync has to do. */
export interface PlainReading {
  readonly seconds: number;
  /** Most memory of the process that read the CMDB. */
  readonly peakBytes: number;
}

/** Where to read. */
export interface PlainSources {
  readonly directory: SlapdServer;
  /** The directory's CA certificate. */
  readonly caFile: string;
  /** Password of its reader. */
  readonly passwordFile: string;
  /** Arguments of `plain-reader.ts`. */
  readonly inventoryArguments: readonly string[];
}

/** Reads the directory with ldapsearch(1), paged over ldaps, beside the CMDB with `plain-reader.ts`, as a sync does. */
export async function readPlainly(
  { directory, caFile, passwordFile, inventoryArguments }: PlainSources,
  cancelSignal: AbortSignal,
): Promise<PlainReading> {
  const bind = ['-x', '-H', directory.url, '-D', directory.bindDn, '-y', passwordFile];
  const start = performance.now();
  const [inventory] = await Promise.all([
    execa(process.execPath, [join(import.meta.dirname, 'plain-reader.ts'), ...inventoryArguments], {
      cancelSignal,
      stdin: 'ignore',
    }),
    execa('ldapsearch', [...bind, '-LLL', '-b', baseDn, '-E', 'pr=500/noprompt', '(objectClass=*)'], {
      cancelSignal,
      stdin: 'ignore',
      stdout: 'ignore',
      env: { LDAPTLS_CACERT: caFile },
    }),
  ]);
  const seconds = (performance.now() - start) / 1000;
  const { peakBytes } = JSON.parse(inventory.stdout) as { readonly peakBytes: number };
  return { seconds, peakBytes };
}
