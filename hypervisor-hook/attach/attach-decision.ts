import type { DriveRecord } from '../drive-files/known-drives.ts';

/** A drive that passed every check. */
export interface VerifiedDrive {
  readonly image: Buffer;
  /** SHA-256 of the image in hexadecimal. */
  readonly sha256: string;
  readonly generation: number;
  /** What counts where older drives are refused: of a replay the newest generation that it may follow. */
  readonly effective: number;
  /** When it expired by policy; undefined while it has not. */
  readonly expiredAt: Date | undefined;
}

/** What the server said, after the drive that it may have sent was verified. */
export type CheckedAnswer =
  | { readonly kind: 'drive'; readonly drive: VerifiedDrive }
  /** The local drive is the current one. */
  | { readonly kind: 'current' }
  | { readonly kind: 'not-placed-here' }
  | { readonly kind: 'unknown-instance' }
  /** Nova's drive cannot be merged. */
  | { readonly kind: 'not-mergeable'; readonly reason: string; readonly remedy: string }
  /** `reason` is half a sentence. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The best drive that is on this host already. */
export type LocalDrive =
  | { readonly kind: 'verified'; readonly drive: VerifiedDrive }
  /** `reason` is half a sentence: why the one that is there is refused. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'absent' };

/** All that the decision depends on. */
export interface Situation {
  readonly instance: string;
  readonly answer: CheckedAnswer;
  readonly local: LocalDrive;
  readonly record: DriveRecord | undefined;
  readonly now: Date;
  readonly lastKnownGoodMs: number;
}

/** Which drive the domain gets. */
export type AttachDecision =
  | {
      readonly kind: 'attach';
      readonly drive: VerifiedDrive;
      /** When the server last vouched for the drive. */
      readonly confirmedAt: Date;
      /** One line, where it is the last known good drive or has expired. */
      readonly warning: string | undefined;
    }
  | Missing;

/** No drive: why, and what to do, as halves of one line. */
export interface Missing {
  readonly kind: 'missing';
  readonly reason: string;
  readonly remedy: string;
}

/**
 * Decides which drive a domain gets. A server that says where an instance belongs is obeyed; one that cannot be
 * reached, is broken, or has lost the instance does not keep a known machine from starting, for a bounded time.
 */
export function decideAttach(situation: Situation): AttachDecision {
  const { answer, instance, local, now } = situation;
  switch (answer.kind) {
    case 'drive':
      return { kind: 'attach', drive: answer.drive, confirmedAt: now, warning: expiryWarning(answer.drive) };
    case 'current':
      if (local.kind === 'verified') {
        return { kind: 'attach', drive: local.drive, confirmedAt: now, warning: expiryWarning(local.drive) };
      }
      return lastKnownGood(
        situation,
        'the metadata server confirmed a drive that this host does not have',
        asServer,
      );
    case 'not-placed-here':
      return {
        kind: 'missing',
        reason: `the metadata server does not place instance ${instance} on this host (403)`,
        remedy: "correct the instance's hypervisor in the CMDB and sync",
      };
    case 'unknown-instance':
      return lastKnownGood(
        situation,
        `the metadata server does not know instance ${instance} (404)`,
        'add it to the CMDB and sync',
      );
    // No last known good one either: what Nova put on its drive would be gone, and nobody would see why.
    case 'not-mergeable':
      return { kind: 'missing', reason: answer.reason, remedy: answer.remedy };
    case 'unavailable':
      return lastKnownGood(situation, answer.reason, asServer);
  }
}

const asServer = 'see to the metadata server and the network, then start the domain again';

function lastKnownGood(situation: Situation, reason: string, remedy: string): AttachDecision {
  const { local, record, now, lastKnownGoodMs } = situation;
  const missing = (why: string): Missing => ({ kind: 'missing', reason: `${reason}, and ${why}`, remedy });
  if (local.kind === 'refused') return missing(`the drive on this host is refused: ${local.reason}`);
  if (local.kind === 'absent' || record === undefined)
    return missing('no drive of it was ever attached here');

  const age = now.getTime() - record.confirmedAt.getTime();
  if (age >= lastKnownGoodMs) {
    return missing(
      `the last known good drive was confirmed ${duration(age)} ago, which is more than lastKnownGoodDays`,
    );
  }
  const { drive } = local;
  const attached = `${reason}: attached the last known good drive, generation ${drive.generation}, confirmed ${duration(age)} ago`;
  const expired = drive.expiredAt === undefined ? '' : `; it ${expiry(drive.expiredAt)}`;
  return { kind: 'attach', drive, confirmedAt: record.confirmedAt, warning: `${attached}${expired}` };
}

function expiryWarning({ generation, expiredAt }: VerifiedDrive): string | undefined {
  if (expiredAt === undefined) return undefined;
  return `its drive, generation ${generation}, ${expiry(expiredAt)}; sync, so that the metadata server renews it`;
}

/** What an expired drive means for the machine that starts with it. */
function expiry(at: Date): string {
  return `expired at ${at.toISOString()}, so the guest refuses it and keeps what it has`;
}

/** A time for people, in the largest whole unit. */
function duration(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
