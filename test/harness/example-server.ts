import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createPolicySource } from '../../server/config/policy-files.ts';
import { createEmbeddedDirectory } from '../../server/directory/embedded/embedded-directory.ts';
import { systemClock } from '../../server/domain/clock.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import { systemRandom } from '../../server/domain/random.ts';
import { openDriveBuilder } from '../../server/drive/drive-builder-xorriso.ts';
import { readPayload } from '../../server/drive/payload.ts';
import { loadOrCreateSigningKey } from '../../server/drive/signing-key.ts';
import { createFileInventory } from '../../server/inventory/file/file-inventory.ts';
import { createSqliteStore } from '../../server/store/sqlite.ts';
import { createSyncJob } from '../../server/sync/create-sync-job.ts';
import { guardOptions } from '../../server/sync/guard/sync-guard.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/demo');

/** The machines of the example CMDB. */
export const exampleInstances = {
  web01: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01' as InstanceId,
  web02: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a02' as InstanceId,
} as const;

/** The server's parts on the example CMDB, directory and policy, put together in this process. */
export interface ExampleServer {
  /** Allowed signers file that names this server's key. */
  readonly trustedSignersPath: string;
  /** Replaces text in a copy of `examples/demo/directory.ldif`; every pattern must match. */
  editDirectory(edits: readonly (readonly [RegExp, string])[]): Promise<void>;
  /** Reads CMDB, directory and policy; fails unless the run succeeded. */
  sync(): Promise<void>;
  /** Builds the drive of the newest generation. @returns path of the image, its own for each generation */
  drive(instance: InstanceId): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the server in the existing folder `dir`. The payload must be built (`node guest-agent/build.ts`).
 * @param policy text of a policy file to join to that of the example
 */
export async function openExampleServer(dir: string, policy = '{}\n'): Promise<ExampleServer> {
  const validators = createValidators();
  const policyFile = join(dir, 'policy.yaml');
  await writeFile(policyFile, policy);
  const ldifFile = join(dir, 'directory.ldif');
  await writeFile(ldifFile, await readFile(join(EXAMPLE, 'directory.ldif')));
  await mkdir(join(dir, 'drives'));
  const clock = systemClock;
  const store = await createSqliteStore({ path: join(dir, 'ubugi.db'), clock });
  const directory = createEmbeddedDirectory({
    name: 'demo-ldap',
    ldifFile,
    baseDn: 'dc=example,dc=com',
    minimumUid: 1000,
    validators,
  });
  const inventory = createFileInventory({
    name: 'demo-cmdb',
    path: join(EXAMPLE, 'instances.yaml'),
    validators,
  });
  const builder = await openDriveBuilder(
    {
      signingKey: await loadOrCreateSigningKey(join(dir, 'signing-key')),
      payload: await readPayload(join(ROOT, 'build/payload')),
      clock,
    },
    { cacheFolder: join(dir, 'drives'), cacheLimitBytes: 2 ** 30, buildTimeoutMs: 30_000, concurrency: 2 },
  );
  const job = createSyncJob(
    {
      store,
      inventory,
      directory,
      policy: createPolicySource([join(EXAMPLE, 'policy.yaml'), policyFile], validators, {
        minimumUid: 1000,
      }),
      validators,
      clock,
      random: systemRandom,
      log: pino({ level: 'silent' }),
    },
    { fetchTimeoutMs: 30_000, guard: guardOptions() },
  );
  const trustedSignersPath = join(dir, 'trusted_signers');
  await writeFile(trustedSignersPath, builder.trustedSigners);

  return {
    trustedSignersPath,
    async editDirectory(edits) {
      let text = await readFile(ldifFile, 'utf8');
      for (const [pattern, replacement] of edits) {
        if (!pattern.test(text)) throw new Error(`the example directory has nothing like ${String(pattern)}`);
        text = text.replace(pattern, replacement);
      }
      await writeFile(ldifFile, text);
    },
    async sync() {
      const run = await job.run({ kind: 'sync', request: {} }, 'test');
      if (run.state !== 'succeeded') throw new Error(`sync ${run.state}: ${run.error ?? 'no reason given'}`);
    },
    async drive(id) {
      const instance = await store.instance(id);
      const generation = await store.generation(id, instance?.newest ?? 0);
      if (instance === undefined || generation === undefined) throw new Error(`${id} has no generation`);
      const { randomSeed, record } = instance;
      const identity = { randomSeed, availabilityZone: record.availabilityZone, userData: record.userData };
      return (await builder.build(generation, identity)).path;
    },
    async close() {
      await directory.close();
      await store.close();
    },
  };
}
