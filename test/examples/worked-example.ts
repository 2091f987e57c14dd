import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ServerConfiguration } from '../../schemas/types/server-configuration.ts';
import { makeCertificates } from '../harness/certificates.ts';
import { type RunningSite, startSite, writePayload } from '../harness/running-site.ts';

export const examples = join(import.meta.dirname, '../../examples');

/** A folder of `examples/` that is served. */
export interface WorkedExample {
  readonly site: RunningSite;
  /** Where it was copied to. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** What of an example's configuration cannot be as it stands. */
export interface Replacements {
  /** In place of that of the one inventory. */
  readonly inventoryUrl: string;
  /** In place of the directory's. */
  readonly directoryUrl: string;
  /** The CAs that vouch for both. */
  readonly ca: string;
  /** Contents by the names of files. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Text that the README has one append to `server.yaml`. */
  readonly appended?: string;
}

/** Serves `examples/NAME` as it stands, but for addresses, secrets and the folders of an installation. */
export async function serveExample(
  name: string,
  { inventoryUrl, directoryUrl, ca, secrets, appended = '' }: Replacements,
): Promise<WorkedExample> {
  const folder = await mkdtemp(join(tmpdir(), `ubugi-${name}-`));
  const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    await cp(join(examples, name), folder, { recursive: true });
    await makeCertificates(folder, 'IP:127.0.0.1');
    await writeFile(join(folder, 'ca.pem'), ca);
    for (const [file, content] of Object.entries(secrets)) {
      await writeFile(join(folder, file), content, { mode: 0o600 });
    }
    await writePayload(join(folder, 'payload'));
    const file = join(folder, 'server.yaml');
    const config = parse((await readFile(file, 'utf8')) + appended) as ServerConfiguration;
    const [inventory] = config.inventories;
    if (inventory === undefined || !('url' in inventory))
      throw new Error(`${name} has no inventory with a URL`);
    await writeFile(
      file,
      stringify({
        ...config,
        listen: { ...config.listen, address: '127.0.0.1', port: 0, socket: 'server.sock' },
        store: { kind: 'sqlite', path: 'ubugi.db' },
        signing: { keyFile: 'signing-key' },
        inventories: [{ ...inventory, url: inventoryUrl }],
        directory: { ...config.directory, url: directoryUrl },
        drive: { cacheFolder: 'drives', payloadFolder: 'payload' },
        sync: { ...config.sync, intervalSeconds: 0 },
      }),
    );
    const site = await startSite(file);
    return {
      site,
      folder,
      close: async () => {
        await site.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
