import type { KnownDrives } from '../drive-files/known-drives.ts';
import { type BootKind, bootKind, carriesAll } from '../drive-files/nova-drive.ts';
import type { DriveAnswer } from '../metadata-server/metadata-server.ts';
import { type AttachDecision, type CheckedAnswer, decideAttach } from './attach-decision.ts';
import type { DriveVerdict, DriveVerifier } from './drive-verifier.ts';
import { findLocalDrive } from './local-drive.ts';

/** What the use case needs of the world. */
export interface AttachPorts {
  /** Asks the server; `known` is the SHA-256 of the verified drive that is on this host. Never throws. */
  readonly fetchDrive: (instance: string, known: string | undefined, boot: BootKind) => Promise<DriveAnswer>;
  /** Sends the drive that Nova made, for one that is merged with it. Never throws. */
  readonly mergeDrive: (instance: string, theirs: Buffer, boot: BootKind) => Promise<DriveAnswer>;
  readonly knownDrives: KnownDrives;
  readonly verify: DriveVerifier;
  /** Puts an image at the path, whole or not at all; gives why it could not, as half a sentence. Never throws. */
  readonly place: (path: string, image: Buffer) => Promise<string | undefined>;
  readonly now: () => Date;
}

/** The rules that the configuration sets. */
export interface AttachOptions {
  readonly lastKnownGoodMs: number;
}

/** What became of one start, and what the server said. */
export interface AttachOutcome {
  readonly decision: AttachDecision;
  readonly answer: DriveAnswer['kind'];
  /** Whether the server answered at all. */
  readonly serverReached: boolean;
}

/**
 * Makes sure that a verified drive of an allowed generation lies at a path. Never throws.
 * @param path undefined: the machine is not here yet, and its drive is only fetched
 */
export type AttachDrive = (instance: string, path: string | undefined) => Promise<AttachOutcome>;

/** Makes {@link AttachDrive}. It writes the path and nothing else, and that only if the content changes. */
export function createAttachDrive(ports: AttachPorts, options: AttachOptions): AttachDrive {
  return async (instance, path) => {
    const record = await ports.knownDrives.record(instance);
    const verify = (image: Buffer): DriveVerdict => ports.verify(image, instance, record?.generation ?? 1);
    const boot = bootKind(path);
    const { local, inPlace, foreign } = await findLocalDrive(
      path,
      () => ports.knownDrives.image(instance),
      verify,
    );
    const received = await (async (): Promise<DriveAnswer> => {
      switch (foreign?.kind) {
        case 'unmergeable':
          return { ...foreign, kind: 'not-mergeable' };
        case 'config-drive':
          return await ports.mergeDrive(instance, foreign.image, boot);
        case undefined:
          return await ports.fetchDrive(
            instance,
            local.kind === 'verified' ? local.drive.sha256 : undefined,
            boot,
          );
      }
    })();
    const theirs = foreign?.kind === 'config-drive' ? foreign.image : undefined;

    const situation = { instance, record, now: ports.now(), lastKnownGoodMs: options.lastKnownGoodMs };
    const outcome = (decision: AttachDecision): AttachOutcome => ({
      decision,
      answer: received.kind,
      serverReached: received.kind !== 'unavailable' || received.reached,
    });

    const decision = decideAttach({ ...situation, local, answer: checkAnswer(received, verify, theirs) });
    if (decision.kind === 'missing') return outcome(decision);
    const unchanged = inPlace && local.kind === 'verified' && local.drive.sha256 === decision.drive.sha256;
    if (unchanged || path === undefined) return outcome(decision);

    const failure = await ports.place(path, decision.drive.image);
    if (failure === undefined) return outcome(decision);
    // Nothing can be written there, but what lies there is whole.
    return outcome(
      decideAttach({
        ...situation,
        local: inPlace ? local : { kind: 'absent' },
        answer: { kind: 'unavailable', reason: failure },
      }),
    );
  };
}

/** @param theirs the drive of Nova's that the answer must have every file of; undefined: none */
function checkAnswer(
  answer: DriveAnswer,
  verify: (image: Buffer) => DriveVerdict,
  theirs: Buffer | undefined,
): CheckedAnswer {
  if (answer.kind !== 'drive') return answer;
  const verdict = verify(answer.image);
  if (verdict.kind === 'refused') {
    return {
      kind: 'unavailable',
      reason: `the drive that the metadata server sent is refused: ${verdict.reason}`,
    };
  }
  const { image, sha256 } = answer;
  const { generation, effective, expiredAt } = verdict;
  // A replay has what Nova made for the first boot, whatever it has made since.
  if (theirs !== undefined && !verdict.isReplay && !carriesAll(image, theirs)) {
    return {
      kind: 'unavailable',
      reason: "the drive that the metadata server sent lacks files of Nova's config drive",
    };
  }
  return { kind: 'drive', drive: { image, sha256, generation, effective, expiredAt } };
}
