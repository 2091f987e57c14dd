import type { ImportReport, InstanceDetail, ReplayOutcome, ReplayReport } from '../../schemas/types/api.ts';
import { dbId, instanceDetail, webId } from './bodies.ts';

/** Bodies of replays and imports as `schemas/v1/api.json` documents them. */

const startedReplay: ReplayOutcome = {
  instance: webId,
  name: 'web-01',
  outcome: 'started',
  generation: 1,
  newest: 3,
  until: '2026-01-03T03:04:05Z',
  changes: [
    { action: 'add', section: 'accounts', subject: 'carol', after: 'uid 10003, /home/carol, /bin/bash' },
    { action: 'remove', section: 'accounts', subject: 'mallory', before: 'uid 10009, /home/mallory' },
  ],
};

export const replays = {
  started: { outcomes: [startedReplay] },
  foreseen: {
    outcomes: [
      { instance: webId, name: 'web-01', outcome: 'foreseen', generation: 1, newest: 3, changes: [] },
      { instance: dbId, name: 'db-01', outcome: 'foreseen', generation: 1, newest: 1, changes: [] },
    ],
  },
  refused: {
    outcomes: [
      startedReplay,
      {
        instance: dbId,
        name: 'db-01',
        outcome: 'refused',
        generation: 1,
        newest: null,
        changes: [],
        problem: 'it has no generation: sync first',
      },
    ],
  },
} as const satisfies Record<string, ReplayReport>;

export const cancelledReplay: ReplayOutcome = {
  instance: webId,
  name: 'web-01',
  outcome: 'cancelled',
  generation: 1,
  newest: 3,
  changes: [],
};

/** The web server when its replay is over. */
export const replayedDetail: InstanceDetail = {
  ...instanceDetail,
  replay: {
    generation: 1,
    actor: 'token:ops',
    reason: 'hv-01 lost its disks',
    startedAt: '2026-01-02T03:04:05Z',
    until: '2026-01-03T03:04:05Z',
    attachedAt: '2026-01-02T03:06:00Z',
    endedAt: '2026-01-02T03:07:00Z',
    outcome: 'applied',
  },
};

export const importReport: ImportReport = {
  dryRun: false,
  written: true,
  signer: 'SHA256:Yk0m8vB4qkE1sH0dXh9lq3v5mC7pQ2wR6tU8yI0oPaS',
  sha256: 'c'.repeat(64),
  outcomes: [
    { instance: webId, name: 'web-01', outcome: 'imported', generations: 3 },
    {
      instance: dbId,
      name: 'db-01',
      outcome: 'conflict',
      generations: 1,
      problem: 'its name is that of instance 5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4aff',
    },
  ],
};
