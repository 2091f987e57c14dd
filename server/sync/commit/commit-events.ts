import type { Change } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Hold } from '../../store/ports/holds.ts';
import { type KnownInstance, type NewEvent, noQuarantine } from '../../store/store.ts';
import { saysTheSame } from '../plan/record-fingerprint.ts';
import type { PlannedContent, PlannedInstance } from '../plan/sync-plan.ts';
import { allChanges, countChanges, type GenerationChanges } from './generation-differ.ts';

/** Who does it and why, for events and generations. */
export interface Attribution {
  readonly actor: string;
  readonly reason: string;
  /** UUID of the run, noted in every event. */
  readonly run: string;
  readonly policyVersion: string;
}

/** What events of a batch have in common. */
export interface EventContext {
  readonly at: string;
  readonly known: ReadonlyMap<InstanceId, KnownInstance>;
  readonly attribution: Attribution;
}

const eventChanges = 100;

/** What the trail says of one instance, in the order in which it happened. */
export function eventsOf(
  planned: PlannedInstance,
  generation:
    | {
        readonly number: number;
        readonly changes: () => GenerationChanges;
        readonly hold: Hold | undefined;
      }
    | undefined,
  { at, known, attribution }: EventContext,
): readonly NewEvent[] {
  const { actor, reason, run, policyVersion } = attribution;
  const event = (action: string, details: Record<string, unknown>): NewEvent => ({
    at,
    actor,
    action,
    instance: planned.id ?? null,
    reason,
    details: { run, ...details },
  });
  switch (planned.kind) {
    case 'quarantine':
      if (planned.id === undefined || !planned.isNews) return [];
      return [event('record-quarantined', { name: planned.name, problems: planned.problems })];
    case 'remove':
      return [event('instance-removed', { name: planned.name })];
    case 'save':
      return [
        ...recordEvents(planned, known.get(planned.id), event),
        ...(generation === undefined || planned.content === undefined
          ? []
          : [
              {
                ...event('generation-created', {
                  generation: generation.number,
                  contentSha256: planned.content.sha256,
                  policyVersion,
                  ...(planned.content.renewal ? { renewed: true } : {}),
                  ...(generation.hold === undefined ? {} : { held: generation.hold }),
                  // The first generation is all new: `show` and `diff` have it.
                  ...(planned.outcome === 'created' ? {} : changeDetails(generation.changes())),
                }),
                reason: generationReason(planned.content, attribution),
              },
            ]),
      ];
  }
}

/** Why a generation is made. */
export function generationReason({ renewal }: PlannedContent, { reason }: Attribution): string {
  return renewal ? `${reason}: renewed before its drive expires` : reason;
}

function recordEvents(
  { entry, fingerprint }: Extract<PlannedInstance, { kind: 'save' }>,
  before: KnownInstance | undefined,
  event: (action: string, details: Record<string, unknown>) => NewEvent,
): readonly NewEvent[] {
  const { record, locator, lastChange } = entry;
  const { name, creator, createdAt } = record;
  const changed = lastChange === undefined ? {} : { recordChange: lastChange };
  if (before === undefined)
    return [event('instance-discovered', { name, creator, createdAt, locator, ...changed })];
  if (before.removed) return [event('instance-returned', { name, locator, ...changed })];
  if (saysTheSame(before.fingerprint, fingerprint) && before.quarantine === noQuarantine) return [];
  return [event('record-changed', { name, locator, ...changed })];
}

function changeDetails(changes: GenerationChanges): Record<string, unknown> {
  return {
    changes: allChanges(changes).slice(0, eventChanges).map(changeText),
    changeCount: countChanges(changes),
  };
}

function changeText({ action, section, subject }: Change): string {
  return `${action} ${section} ${subject}`;
}
