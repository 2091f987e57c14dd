import type { Validators } from '../schemas/validation/validator.ts';
import { createBuilder, createDirectory, openStore } from './adapters.ts';
import type { Config } from './config/config.ts';
import type { Log } from './config/log.ts';
import { createPolicySource } from './config/policy-files.ts';
import { readPassword } from './config/secret-file.ts';
import { readSigners } from './config/signers-file.ts';
import { webhookInventory } from './config/webhook-rules.ts';
import type { Clock } from './domain/clock.ts';
import type { Random } from './domain/random.ts';
import { loadOrCreateSigningKey } from './drive/signing-key.ts';
import { createApp } from './http/app.ts';
import { openChangeFeed } from './http/hypervisors/change-feed.ts';
import { createHypervisorCensus } from './http/hypervisors/hypervisor-census.ts';
import { createInstanceLookup } from './http/instances/instance-lookup.ts';
import { listen } from './http/listeners.ts';
import { createMetrics } from './http/metrics.ts';
import type { NetboxWebhookPort } from './http/webhooks/netbox-receiver.ts';
import { createInventory } from './inventories.ts';
import { createNetboxWebhook } from './inventory/netbox/webhook.ts';
import { createKeystoneCallers } from './keystone/create-keystone-callers.ts';
import { createHousekeeping } from './removal/housekeeping.ts';
import { createReplayBoots } from './replay/replay-boots.ts';
import { createReplayExpiry } from './replay/replay-expiry.ts';
import { createReportTokens } from './reports/report-tokens.ts';
import { createRolloutAdvance } from './rollouts/advance-rollouts.ts';
import { createRollouts } from './rollouts/create-rollouts.ts';
import { createRolloutCensus } from './rollouts/rollout-census.ts';
import { createRolloutSchedule } from './rollouts/rollout-schedule.ts';
import { createSyncJob } from './sync/create-sync-job.ts';
import { guardOptions } from './sync/guard/sync-guard.ts';
import { createSyncSchedule, type SyncSchedule } from './sync/sync-schedule.ts';

/** A server that answers. */
export interface RunningServer {
  /** Base URL of the TCP listener. */
  readonly url: string;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Stops listening, lets what is under way finish, and closes everything in the reverse order of opening. */
  close(): Promise<void>;
}

/** What a server takes from its process. */
export interface ServerPorts {
  readonly validators: Validators;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const fetchTimeoutMs = 600_000;
const drainMs = 10_000;
/** From one look at the rollouts to the next; while none is under way it is one small query. */
const rolloutIntervalMs = 2000;
const stallMs = 60_000;
const lookForChangesMs = 500;
/** How late a replay may end. Who asks for its drive is told at once. */
const replayExpiryMs = 30_000;
const houseworkEveryMs = 3_600_000;
/** Look-ups in the CMDB at a time: enough for a storm of boots, few enough for any CMDB. */
const lookupConcurrency = 32;

/** Starts the metadata server. What was opened before something failed is closed again. */
export async function startServer(config: Config, ports: ServerPorts): Promise<RunningServer> {
  const { validators, clock, random, log } = ports;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const signingKey = await loadOrCreateSigningKey(config.signing.keyFile);
    const reportTokens = createReportTokens(signingKey.deriveSecret('ubugi report tokens'));
    const driveBuilder = await createBuilder(config, { signingKey, reportTokens, clock });
    const inventory = await createInventory(config, { validators, clock });
    const directory = await createDirectory(config.directory, config.policy, validators);
    opened.push(async () => await directory.close());
    const store = await openStore(config.store, clock);
    opened.push(async () => await store.close());
    const policy = createPolicySource(config.policy.files, validators, config.policy);
    const syncJob = createSyncJob(
      { store, inventory, directory, policy, validators, clock, random, log },
      { fetchTimeoutMs, guard: guardOptions(config.sync.guard) },
    );
    await syncJob.settle();
    const schedule = createSyncSchedule({ syncJob, clock, log }, config.sync);
    const rolloutSchedule = createRolloutSchedule(
      { advance: createRolloutAdvance({ store, syncJob, clock, log }), log },
      { intervalMs: rolloutIntervalMs },
    );
    const replayExpiry = createReplayExpiry(
      { replayBoots: createReplayBoots({ store, clock }), log },
      { intervalMs: replayExpiryMs },
    );
    const keystone = await createKeystoneCallers(config.nova, clock);
    opened.push(() => Promise.resolve(keystone?.keystone.close()));
    const metrics = createMetrics();
    const feed = await openChangeFeed(
      { store, random, log },
      { limit: config.placement.waitingPolls, lookEveryMs: lookForChangesMs },
    );
    metrics.tellOfHypervisors(createHypervisorCensus({ store, clock, feed }, config.placement));
    metrics.tellOfRollouts(createRolloutCensus(store));
    const housekeeping = createHousekeeping(
      { store, drives: driveBuilder, clock, log },
      { graceDays: config.removal.graceDays, everyMs: houseworkEveryMs },
    );
    const app = createApp({
      store,
      syncJob,
      rollouts: createRollouts({ store, syncJob, clock, random }),
      lookup: createInstanceLookup(
        { syncJob, metrics },
        { deadlineMs: config.sync.lookupSeconds * 1000, concurrency: lookupConcurrency },
      ),
      keystone,
      netboxWebhook: await createNetboxWebhookPort(config, { clock, log, schedule }),
      driveBuilder,
      exchange: {
        signingKey,
        trustedSigners: async () => await readSigners(config.exchange?.trustedSigners),
        spoolFolder: config.drive.cacheFolder,
      },
      feed,
      placement: config.placement,
      reportTokens: config.reporting.url === undefined ? undefined : reportTokens,
      reportsKept: config.reporting.keep,
      validators,
      clock,
      random,
      log,
      metrics,
    });
    const listeners = await listen({ app, random, log }, config.listen, { drainMs, stallMs });
    // Last, so that a second server by mistake syncs nothing before it finds the addresses taken.
    const schedules = [schedule, rolloutSchedule, replayExpiry, housekeeping];
    for (const one of schedules) one.start();
    opened.push(async () => {
      const stopped = schedules.map((one) => one.stop());
      // Waiting hosts are answered first, or closing the listeners would wait for them.
      await Promise.all([feed.close(), listeners.close(), ...stopped]);
    });
    const { url, socket } = listeners;
    log.info({ url, socket }, 'listening');
    return { url, socket, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Webhooks as they are configured: each one that is accepted makes a sync come soon. */
async function createNetboxWebhookPort(
  config: Config,
  { clock, log, schedule }: Pick<ServerPorts, 'clock' | 'log'> & { readonly schedule: SyncSchedule },
): Promise<NetboxWebhookPort | undefined> {
  const netbox = config.webhooks?.netbox;
  if (netbox === undefined) return undefined;
  const id = webhookInventory(config)?.mapping?.id;
  const secret = await readPassword(netbox.secretFile);
  return {
    webhook: createNetboxWebhook({ secret, clock }, id === undefined ? {} : { id: [...id] }),
    accepted: ({ instance }) => {
      log.debug({ instance }, 'webhook of NetBox');
      schedule.soon('webhook:netbox');
    },
  };
}
