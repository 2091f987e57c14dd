import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { dropOtherDrives } from '../kept-drive/kept-drive.ts';
import { watchMedia } from '../kept-drive/watch-media.ts';
import { nextSend } from '../report/outbox/next-send.ts';
import { type Ending, endingsPath, parseEndings } from '../schedule/endings.ts';
import { firstMoment, nextRepair } from '../schedule/moments.ts';
import { nextDue } from '../schedule/next-due.ts';
import { arrangeWake } from '../schedule/wake.ts';
import { messageOf, type System } from '../system/system.ts';

/**
 * What goes on after a run: one drive stays, and the machine wakes when something is due: an account ends, sessions end,
 * drift is looked for, or a report is sent.
 *
 * @param since when the run began: what has fallen due since may not have been done. @returns what does not go on.
 */
export function settle(guest: GuestConfiguration, since: number, system: System): string | undefined {
  return (
    problemOf('older drives are not removed', () => dropOtherDrives(system)) ??
    problemOf('a change of the medium is not noticed', () => watchMedia(guest.instance.id, system)) ??
    problemOf('the next run is not arranged', () => {
      const moments = [nextRepair(guest, since), nextDue(endings(system), guest, since), nextSend(system)];
      return arrangeWake(firstMoment(moments, system.clock.now()), system);
    })
  );
}

/** @param act returns why it cannot be done, if so, or throws. */
export function problemOf(what: string, act: () => string | undefined | void): string | undefined {
  try {
    const problem = act();
    return problem === undefined ? undefined : `${what}: ${problem}`;
  } catch (error) {
    return `${what}: ${messageOf(error)}`;
  }
}

function endings(system: System): readonly Ending[] {
  const isThere = system.files.entry(endingsPath) !== undefined;
  return isThere ? parseEndings(system.files.readText(endingsPath)) : [];
}
