import type { DriveAnswer } from '../../metadata-server/metadata-server.ts';

/**
 * Tells the server that an instance runs here which it did not place here: at the end of a migration that was granted,
 * it moves the instance to this host, and the feed says so. Once a start, as each that is refused is an event of the
 * server's audit trail. Never throws.
 */
export interface RunningClaims {
  /** @returns whether the server answered, now or before */
  claim(instance: string): Promise<boolean>;
  /** The instance does not run here any more. */
  forget(instance: string): void;
}

/** Makes claims. @param ask asks for the instance's drive, with the purpose `running` */
export function createRunningClaims(ask: (instance: string) => Promise<DriveAnswer>): RunningClaims {
  const answered = new Set<string>();
  return {
    async claim(instance) {
      if (answered.has(instance)) return true;
      const answer = await ask(instance);
      if (answer.kind === 'unavailable') return false;
      answered.add(instance);
      return true;
    },
    forget: (instance) => void answered.delete(instance),
  };
}
