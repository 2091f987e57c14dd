import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { FileView, Machine } from '../../plan/machine.ts';
import {
  type Change,
  type Check,
  type Desired,
  emptyPlan,
  type HomeKeys,
  type LiveAction,
  type ResourcePlan,
} from '../../plan/plan.ts';
import { rootOwned } from '../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../plan/wanted-file.ts';
import { serviceManager } from '../../platform/services/service-manager.ts';
import { accountName, guard } from '../../rendering/guard.ts';
import { judgeFingerprints, renderAuthorizedKeys, renderKeysOf } from './authorized-keys.ts';
import { dropInLayout } from './drop-in.ts';
import type { ForeignConfig } from './exclusive-keys.ts';
import { planHomeKeys } from './home-keys.ts';
import { type ExpiryForm, expiryForm } from './key-validity.ts';
import { markedBlocksLayout } from './marked-blocks.ts';
import { sshdChecks } from './sshd-check.ts';
import { dropIn, keysFolder, mainConfigOf, readsDropIns } from './sshd-config.ts';
import { planWithoutSshd } from './without-sshd.ts';

/** Whose keys are planned. */
export interface KeyHolders {
  /** Accounts that are ours. */
  readonly accounts: readonly GuestAccount[];
  /** Homes of those of ours that are out. */
  readonly leavers: readonly Omit<HomeKeys, 'lines'>[];
  /** `some`: these are not all of ours, so that what sshd's configuration says of others stays. */
  readonly extent: 'all' | 'some';
}

/** What decides on where keys go. */
export interface KeysContext {
  /** sshd's main configuration as it is. */
  readonly main: ForeignConfig;
  readonly view: FileView;
  readonly extent: KeyHolders['extent'];
}

/** Where keys go, and what sshd's configuration has to say for it. */
export interface KeysLayout {
  /** Accounts with a file of ours. */
  readonly inFiles: readonly GuestAccount[];
  /** Accounts with a marked block in the home. */
  readonly inHomes: readonly GuestAccount[];
  /** Homes that must have none. */
  readonly outOfHomes: readonly Omit<HomeKeys, 'lines'>[];
  /** Text of the main configuration. */
  readonly main: string;
  readonly dropIns: readonly WantedFile[];
  readonly problems: readonly string[];
  /** An account that only its configured keys let in, to try; all of them are treated alike. */
  readonly tried: string | undefined;
  /** A change as the report has it. */
  readonly detail: (change: Change) => Change;
}

/** Public keys, where the guest's ssh server reads them. */
export function planKeys(
  { accounts, leavers, extent }: KeyHolders,
  { owned }: Pick<Desired, 'owned'>,
  machine: Machine,
): ResourcePlan {
  const sshd = machine.program('sshd');
  const path = mainConfigOf(machine.files);
  if (sshd === undefined || path === undefined)
    return planWithoutSshd({ accounts, leavers, extent }, owned, machine);
  const main = { path, text: machine.files.text(path) ?? '' };
  const form = expiryForm(sshd, accounts, machine);
  const context = { main, view: machine.files, extent };
  const layout = readsDropIns(main.text)
    ? dropInLayout(accounts, context)
    : markedBlocksLayout(accounts, context);
  const attributes = machine.files.entry(path) ?? rootOwned();
  const wanted: readonly WantedFile[] = [
    ...layout.inFiles.map((account) => keyFile(account, form)),
    ...layout.dropIns,
    ...(layout.main === main.text ? [] : [{ path, text: layout.main, attributes, ours: false }]),
  ];
  const files = reconcileFiles('keys', wanted, owned.files, machine.files);
  const homes = planHomeKeys(
    layout.inHomes,
    [...layout.outOfHomes, ...leavers],
    owned.accounts,
    form,
    machine.files,
  );
  const changed = new Set(files.steps.map((step) => step.path));
  const reconfigured = [path, dropIn].some((file) => changed.has(file));
  const pending = new Set(homes.inHomes.map(({ account }) => account));
  const newKeys = accounts.filter(({ name }) => changed.has(`${keysFolder}/${name}`) || pending.has(name));
  const [ours] = layout.dropIns;
  return {
    ...emptyPlan('keys'),
    ...files,
    changes: [...files.changes.map(layout.detail), ...homes.changes],
    problems: layout.problems,
    checks: [
      ...keyChecks(newKeys, form, machine),
      ...(reconfigured && accounts.length > 0
        ? sshdChecks(sshd, { path, main: layout.main, ours: ours?.text, exclusive: layout.tried }, machine)
        : []),
    ],
    live: reconfigured ? reload(machine) : [],
    inHomes: homes.inHomes,
  };
}

function keyFile(account: GuestAccount, form: ExpiryForm): WantedFile {
  return {
    path: `${keysFolder}/${guard('accounts[].name', account.name, accountName)}`,
    text: renderKeysOf(account, form),
    ours: true,
  };
}

function keyChecks(accounts: readonly GuestAccount[], form: ExpiryForm, machine: Machine): readonly Check[] {
  const tool = machine.program('ssh-keygen');
  const keys = accounts.flatMap((account) => account.keys);
  if (tool === undefined || keys.length === 0) return [];
  return [
    {
      what: `ssh-keygen on the keys of ${accounts
        .map((account) => account.name)
        .join(', ')
        .slice(0, 200)}`,
      stage: () => [{ name: 'keys', text: renderAuthorizedKeys(keys, form) }],
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
