import type { Validators } from '../../schemas/validation/validator.ts';
import { type AttachDrive, createAttachDrive } from '../attach/attach-drive.ts';
import { createDriveVerifier } from '../attach/drive-verifier.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { readTrustedSigners } from '../configuration/trusted-signers.ts';
import { createKnownDrives, type KnownDrives } from '../drive-files/known-drives.ts';
import { placeDrive } from '../drive-files/place-drive.ts';
import type { MetadataServer } from '../metadata-server/metadata-server.ts';
import { openMetadataServer } from '../metadata-server/open-metadata-server.ts';
import type { Clock } from '../process/clock.ts';

/** What the configuration makes of this host. */
export interface Host {
  readonly attach: AttachDrive;
  readonly knownDrives: KnownDrives;
  /** Undefined where something on this host keeps the server from being asked. */
  readonly server: MetadataServer | undefined;
}

/** The host, or why it cannot accept any drive, as half a sentence. */
export type HostOpening =
  | { readonly kind: 'host'; readonly host: Host }
  | { readonly kind: 'unusable'; readonly reason: string };

/** What opening a host needs. */
export interface HostPorts {
  readonly validators: Validators;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** Opens the host that a configuration describes. `fetchBudgetMs` is asked when the drive is fetched. Never throws. */
export async function openHost(
  configuration: Configuration,
  { validators, clock, userAgent }: HostPorts,
  fetchBudgetMs: () => number,
): Promise<HostOpening> {
  const [signers, opening] = await Promise.all([
    readTrustedSigners(configuration.trustedSigners),
    openMetadataServer(configuration.server, userAgent),
  ]);
  if (signers.kind === 'unusable') return signers;

  const knownDrives = createKnownDrives({
    stateFolder: configuration.stateFolder,
    keepMs: configuration.lastKnownGoodMs,
    keepGenerations: configuration.watch.keepGenerations,
  });
  const attach = createAttachDrive(
    {
      fetchDrive: async (instance, known, boot) =>
        opening.kind === 'server'
          ? opening.server.fetchDrive(instance, { known, boot, purpose: 'start' }, fetchBudgetMs())
          : { kind: 'unavailable', reason: opening.reason, reached: false },
      mergeDrive: async (instance, theirs, boot) =>
        opening.kind === 'server'
          ? opening.server.mergeDrive(instance, { theirs, boot, purpose: 'start' }, fetchBudgetMs())
          : { kind: 'unavailable', reason: opening.reason, reached: false },
      knownDrives,
      verify: createDriveVerifier(validators, signers.signers, clock.now),
      place: placeDrive,
      now: clock.now,
    },
    { lastKnownGoodMs: configuration.lastKnownGoodMs },
  );
  return {
    kind: 'host',
    host: { attach, knownDrives, server: opening.kind === 'server' ? opening.server : undefined },
  };
}
