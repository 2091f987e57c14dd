import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type MachineOptions, observeMachine } from '../plan/machine.ts';
import type { ResourceName } from '../plan/plan.ts';
import { planMachine, withoutFailed } from '../plan/plan-machine.ts';
import type { System } from '../system/system.ts';
import { createAccountLock, failedChecks, noProblems, tellAll, tryCommit } from './carry-out.ts';
import { createRecorder } from './recorder.ts';
import { readOwnership } from './records/owned.ts';
import { resourceReports } from './resource-reports.ts';

/** What a machine cannot be without: it stays as it was applied. */
const staying: ReadonlySet<ResourceName> = new Set(['host-keys', 'machine-id', 'hostname', 'network']);

/**
 * Takes back all that Ubugi made: accounts are locked and their sessions end, keys, sudo rules, groups and files go,
 * settings of the guest's own that were put out of force come back. Host name, network, machine-id and host keys stay.
 */
export function removeAll(options: MachineOptions, system: System): AgentReport['resources'] {
  const recorder = createRecorder(system.clock);
  createAccountLock(system)();
  const owned = readOwnership(system);
  const all = planMachine({ guest: nothingWanted, owned }, observeMachine(system, options));
  const plan = {
    resources: all.resources.filter(({ resource }) => !staying.has(resource)),
    owned: {
      ...all.owned,
      files: [
        ...all.owned.files.filter(({ resource }) => !staying.has(resource)),
        ...owned.files.filter(({ resource }) => staying.has(resource)),
      ],
    },
  };
  const settled = withoutFailed(plan, failedChecks(plan, recorder, system), owned);
  const { failure, unlabelled } = tryCommit(settled, () => [], recorder, system);
  const live = failure === undefined ? tellAll(settled, unlabelled, options, recorder, system) : noProblems;
  return resourceReports(settled, { failure, live, recorder });
}

const nothingWanted: GuestConfiguration = {
  schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
  instance: { id: '00000000-0000-0000-0000-000000000000', name: 'removed', osFamily: 'other' },
  hostname: { name: 'removed' },
  network: { interfaces: [] },
  dns: {},
  ntp: {},
  groups: [],
  accounts: [],
  sudo: { rules: [] },
  files: [],
  scripts: [],
};
