import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import type { Change, LiveAction, ResourcePlan } from '../../plan/plan.ts';
import { rootOwned, type Step } from '../../plan/step.ts';
import { type Ending, endingsDue, endingsPath, parseEndings, printEndings } from '../../schedule/endings.ts';

/** An account that is out. */
export interface Leaver {
  readonly name: string;
  readonly uid: number;
  /** When it got out, as far as that is known: milliseconds since 1970-01-01 UTC. */
  readonly since: number;
}

const lingerFolder = '/var/lib/systemd/linger';

/**
 * What goes beside the entries of accounts that are out: services that systemd would start for them without a login,
 * and, when policy says, their sessions and processes. That is asked for at every run: one may have been cut short, and
 * whoever is out has nothing to run here.
 */
export function takeAway(
  plan: ResourcePlan,
  leavers: readonly Leaver[],
  sessions: GuestConfiguration['sessions'],
  machine: Machine,
): ResourcePlan {
  const text = machine.files.text(endingsPath);
  const recorded = parseEndings(text);
  const endings = endingsOf(leavers, sessions, recorded, machine.now);
  const lingering = leavers
    .map(({ name }) => `${lingerFolder}/${name}`)
    .filter((path) => machine.files.entry(path)?.kind === 'file');
  const steps: readonly Step[] = [
    ...lingering.map((path) => ({ kind: 'remove', path }) as const),
    ...recordSteps(endings.later, text),
  ];
  const changes: readonly Change[] = [
    ...lingering.map((path) => ({ action: 'remove', target: path }) as const),
    ...announced(endings.later, recorded, machine.now),
  ];
  return {
    ...plan,
    steps: [...plan.steps, ...steps],
    changes: [...plan.changes, ...changes],
    live: [...plan.live, ...endings.due],
  };
}

/** Sessions to be ended now, and the record of those that have, or had, a moment of their own. */
function endingsOf(
  leavers: readonly Leaver[],
  sessions: GuestConfiguration['sessions'],
  recorded: readonly Ending[],
  now: number,
): { readonly due: readonly LiveAction[]; readonly later: readonly Ending[] } {
  const end = (account: string, uid: number): LiveAction => ({ kind: 'end-sessions', uid, account });
  if (sessions?.keep === true) return { due: [], later: [] };
  const minutes = sessions?.endAfterMinutes;
  if (minutes === undefined) return { due: leavers.map(({ name, uid }) => end(name, uid)), later: [] };
  const wait = minutes * 60_000;
  const later = leavers.map(({ name, uid, since }): Ending => {
    const known = recorded.find(({ account, uid: id }) => account === name && id === uid);
    // Never later than policy says from now, whatever a clock that was wrong has left behind.
    return { account: name, uid, at: Math.min(known?.at ?? since + wait, now + wait) };
  });
  return { due: endingsDue(later, now).map(({ account, uid }) => end(account, uid)), later };
}

function recordSteps(endings: readonly Ending[], current: string | undefined): readonly Step[] {
  if (endings.length === 0) return current === undefined ? [] : [{ kind: 'remove', path: endingsPath }];
  const text = printEndings(endings);
  return text === current ? [] : [{ kind: 'file', path: endingsPath, text, attributes: rootOwned(0o600) }];
}

function announced(endings: readonly Ending[], recorded: readonly Ending[], now: number): readonly Change[] {
  const known = new Set(recorded.map(({ account, at }) => `${account} ${at}`));
  return endings
    .filter(({ account, at }) => at > now && !known.has(`${account} ${at}`))
    .map(({ account, at }) => ({
      action: 'update',
      target: `sessions of ${account}`,
      detail: `end at ${new Date(at).toISOString()}`,
    }));
}
