import { rm } from 'node:fs/promises';
import { systemErrorCode } from '../drive-files/read-regular-file.ts';
import { type AnnounceSecret, drawSecret } from './announce-secret.ts';
import { readCredential, writeCredential } from './credential-file.ts';

/** What became of joining. */
export type JoinOutcome =
  | { readonly kind: 'joined'; readonly expiresAt: Date | undefined }
  /** `reason` is half a sentence. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Gets this host its credential with a one-time token, and puts it into the file. The secret is written beside the file
 * before it is announced: cut off at any point, the same command again comes to the same end. Never throws.
 */
export async function joinHost(
  announce: AnnounceSecret,
  { joinToken, file }: { readonly joinToken: string; readonly file: string },
): Promise<JoinOutcome> {
  const drawnFile = `${file}.joining`;
  try {
    const drawn = await readCredential(drawnFile);
    const secret = drawn.kind === 'credential' ? drawn.credential.token : drawSecret();
    if (drawn.kind !== 'credential') {
      await writeCredential(drawnFile, { token: secret, life: undefined, next: undefined });
    }
    const answer = await announce('join', joinToken, secret);
    switch (answer.kind) {
      case 'taken':
        await writeCredential(file, { token: secret, life: answer.life, next: undefined });
        await rm(drawnFile, { force: true });
        return { kind: 'joined', expiresAt: answer.life?.expiresAt };
      case 'spent':
        await rm(drawnFile, { force: true });
        return {
          kind: 'failed',
          reason: 'the metadata server did not take the new secret; run the command again',
        };
      case 'refused':
      case 'unavailable':
        return { kind: 'failed', reason: answer.reason };
    }
  } catch (error) {
    return { kind: 'failed', reason: `the token file ${file} cannot be written (${systemErrorCode(error)})` };
  }
}
