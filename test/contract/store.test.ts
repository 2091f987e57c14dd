import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { describeAccess } from './store/access.ts';
import { postgresBackend, sqliteBackend } from './store/backends.ts';
import { describeBaseDrives } from './store/base-drives.ts';
import { describeExclusively } from './store/exclusively.ts';
import { describeFromInitialState } from './store/from-initial-state.ts';
import { describeGenerations } from './store/generations.ts';
import { describeHostileText } from './store/hostile-text.ts';
import { describeInstances } from './store/instances.ts';
import { describeKnownInstances } from './store/known-instances.ts';
import { describeMigrations } from './store/migrations.ts';
import { describeParts } from './store/parts.ts';
import { describeReplays } from './store/replays.ts';
import { describeReports } from './store/reports.ts';
import { describeRollouts } from './store/rollouts.ts';
import { describeTrail } from './store/trail.ts';
import { describeTransactions } from './store/transactions.ts';

describe.each([sqliteBackend(), postgresBackend()])('store on $name', (backend) => {
  beforeAll(() => backend.start());
  afterEach(() => backend.closeStores());
  afterAll(() => backend.stop());

  describeMigrations(backend);
  describeFromInitialState(backend);
  describeTransactions(backend);
  describeInstances(backend);
  describeGenerations(backend);
  describeParts(backend);
  describeKnownInstances(backend);
  describeBaseDrives(backend);
  describeReplays(backend);
  describeReports(backend);
  describeRollouts(backend);
  describeTrail(backend);
  describeAccess(backend);
  describeExclusively(backend);
  describeHostileText(backend);
});
