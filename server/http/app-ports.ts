import type { AllowedSigner } from '../../schemas/drive-format/allowed-signers.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../config/log.ts';
import type { Clock } from '../domain/clock.ts';
import type { Random } from '../domain/random.ts';
import type { DriveBuilder } from '../drive/drive-builder.ts';
import type { SigningKey } from '../drive/signing-key.ts';
import type { ReportTokens } from '../reports/report-tokens.ts';
import type { Rollouts } from '../rollouts/create-rollouts.ts';
import type { Store } from '../store/store.ts';
import type { SyncJob } from '../sync/sync-job.ts';
import type { ChangeFeed } from './hypervisors/change-feed.ts';
import type { InstanceLookup } from './instances/instance-lookup.ts';
import type { KeystoneCallers } from './keystone-principal.ts';
import type { Metrics } from './metrics.ts';
import type { NetboxWebhookPort } from './webhooks/netbox-receiver.ts';

/** What the HTTP API works with. */
export interface AppPorts {
  readonly store: Store;
  readonly syncJob: SyncJob;
  readonly rollouts: Rollouts;
  readonly lookup: InstanceLookup;
  /** Undefined: webhooks are not configured. */
  /** Undefined: no token of Keystone counts. */
  readonly keystone: KeystoneCallers | undefined;
  readonly netboxWebhook: NetboxWebhookPort | undefined;
  readonly driveBuilder: Pick<DriveBuilder, 'build' | 'trustedSigners' | 'payload'>;
  readonly feed: ChangeFeed;
  readonly placement: Pick<Config['placement'], 'claims' | 'staleMinutes'>;
  /** Undefined: guests send no reports themselves, and what looks like a token of theirs is none. */
  readonly reportTokens: ReportTokens | undefined;
  /** Newest reports that are kept of each instance. */
  readonly reportsKept: number;
  /** What exports are signed with, whose are taken beside this server's, and where what is uploaded lies meanwhile. */
  readonly exchange: {
    readonly signingKey: Pick<SigningKey, 'signExport' | 'exportSigners'>;
    readonly trustedSigners: () => Promise<readonly AllowedSigner[]>;
    readonly spoolFolder: string;
  };
  readonly validators: Validators;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}
