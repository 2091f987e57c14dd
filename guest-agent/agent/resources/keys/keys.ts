import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import {
  type Change,
  type Check,
  type Desired,
  emptyPlan,
  type LiveAction,
  type ResourcePlan,
} from '../../plan/plan.ts';
import { rootOwned } from '../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../plan/wanted-file.ts';
import { serviceManager } from '../../platform/services/service-manager.ts';
import { accountName, guard } from '../../rendering/guard.ts';
import { judgeFingerprints, renderAuthorizedKeys } from './authorized-keys.ts';
import { closedWays, exclusiveLines, precedingMatch } from './exclusive-keys.ts';
import { sshdChecks } from './sshd-check.ts';
import { dropIn, dropInText, keysFolder, mainConfig, withInclude } from './sshd-config.ts';

/**
 * Public keys outside the homes, where their owners cannot add to them, and the drop-in that makes sshd read them.
 *
 * @param accounts those that are ours; `some`: not all of them, so that what the drop-in says of others stays.
 */
export function planKeys(
  accounts: readonly GuestAccount[],
  { owned }: Pick<Desired, 'owned'>,
  machine: Machine,
  extent: 'all' | 'some' = 'all',
): ResourcePlan {
  const sshd = machine.program('sshd');
  if (sshd === undefined || machine.files.entry(mainConfig) === undefined) {
    const without = { ...emptyPlan('keys'), ...reconcileFiles('keys', [], owned.files, machine.files) };
    return accounts.some((account) => account.keys.length > 0)
      ? { ...without, skipped: 'sshd is not installed: keys will be written once it is' }
      : without;
  }
  const exclusive = accounts.filter((account) => account.exclusiveKeys === true).map(({ name }) => name);
  // An empty file where nothing else may let in: one that somebody else put there would.
  const withFile = accounts.filter(({ keys, exclusiveKeys }) => keys.length > 0 || exclusiveKeys === true);
  const keyFiles = withFile.map(
    (account): WantedFile => ({
      path: `${keysFolder}/${guard('accounts[].name', account.name, accountName)}`,
      text: renderAuthorizedKeys(account.keys),
      ours: true,
    }),
  );
  const main = withInclude(machine.files.text(mainConfig) ?? '');
  const ours = dropInFor(exclusive, machine, extent);
  const configuration: readonly WantedFile[] = [
    { path: dropIn, text: ours, ours: true },
    { path: mainConfig, text: main, attributes: machine.files.entry(mainConfig) ?? rootOwned(), ours: false },
  ];
  const files = reconcileFiles('keys', [...keyFiles, ...configuration], owned.files, machine.files);
  const changed = new Set(files.steps.map((step) => step.path));
  const reconfigured = changed.has(dropIn) || changed.has(mainConfig);
  const newKeys = withFile.filter((account) => changed.has(`${keysFolder}/${account.name}`));
  const preceding = exclusive.length === 0 ? undefined : precedingMatch(machine.files);
  const tried = extent === 'all' && preceding === undefined ? exclusive[0] : undefined;
  return {
    ...emptyPlan('keys'),
    ...files,
    changes: files.changes.map((change) => withDetail(change, exclusive, machine)),
    problems: preceding === undefined ? [] : [preceding],
    checks: [
      ...keyChecks(newKeys, machine),
      ...(reconfigured ? sshdChecks(sshd, { main, ours, exclusive: tried }, machine) : []),
    ],
    live: reconfigured ? reload(machine) : [],
  };
}

function dropInFor(exclusive: readonly string[], machine: Machine, extent: 'all' | 'some'): string {
  const current = machine.files.text(dropIn);
  if (extent === 'some') return current?.startsWith(dropInText) === true ? current : dropInText;
  return `${dropInText}${exclusiveLines(exclusive)}`;
}

/** Says of the drop-in whom it closes other ways for, and which those are. */
function withDetail(change: Change, exclusive: readonly string[], machine: Machine): Change {
  if (change.target !== dropIn || exclusive.length === 0) return change;
  const closed = closedWays(machine.files);
  const detail = [
    `only the configured keys for ${exclusive.join(', ').slice(0, 200)}`,
    ...(closed.length === 0 ? [] : [`for them no longer: ${closed.join(', ')}`]),
  ].join('; ');
  return { ...change, detail: detail.slice(0, 500) };
}

function keyChecks(accounts: readonly GuestAccount[], machine: Machine): readonly Check[] {
  const tool = machine.program('ssh-keygen');
  const keys = accounts.flatMap((account) => account.keys);
  if (tool === undefined || keys.length === 0) return [];
  return [
    {
      what: `ssh-keygen on the keys of ${accounts
        .map((account) => account.name)
        .join(', ')
        .slice(0, 200)}`,
      stage: () => [{ name: 'keys', text: renderAuthorizedKeys(keys) }],
      argv: (folder) => [tool, '-l', '-f', `${folder}/keys`],
      judge: ({ output }) => judgeFingerprints(output, keys.length),
    },
  ];
}

/** A running sshd reads its configuration anew; before its first start there is nothing to tell. */
function reload(machine: Machine): readonly LiveAction[] {
  const running = ['/run/sshd.pid', '/var/run/sshd.pid'].some(
    (path) => machine.files.entry(path) !== undefined,
  );
  return running ? serviceManager(machine).reload(['ssh', 'sshd'], machine) : [];
}
