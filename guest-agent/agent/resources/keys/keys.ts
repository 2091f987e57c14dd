import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import { type Check, type Desired, emptyPlan, type LiveAction, type ResourcePlan } from '../../plan/plan.ts';
import { rootOwned } from '../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../plan/wanted-file.ts';
import { accountName, guard } from '../../rendering/guard.ts';
import { judgeFingerprints, renderAuthorizedKeys } from './authorized-keys.ts';
import { dropIn, dropInText, keysFolder, mainConfig, staged, withInclude } from './sshd-config.ts';

/** Public keys outside the homes, where their owners cannot add to them, and the drop-in that makes sshd read them. */
export function planKeys(
  accounts: readonly GuestAccount[],
  { owned }: Desired,
  machine: Machine,
): ResourcePlan {
  const sshd = machine.program('sshd');
  if (sshd === undefined || machine.files.entry(mainConfig) === undefined) {
    const without = { ...emptyPlan('keys'), ...reconcileFiles('keys', [], owned.files, machine.files) };
    return accounts.some((account) => account.keys.length > 0)
      ? { ...without, skipped: 'sshd is not installed: keys will be written once it is' }
      : without;
  }
  const withKeys = accounts.filter((account) => account.keys.length > 0);
  const keyFiles = withKeys.map(
    (account): WantedFile => ({
      path: `${keysFolder}/${guard('accounts[].name', account.name, accountName)}`,
      text: renderAuthorizedKeys(account.keys),
      ours: true,
    }),
  );
  const main = machine.files.text(mainConfig) ?? '';
  const configuration: readonly WantedFile[] = [
    { path: dropIn, text: dropInText, ours: true },
    {
      path: mainConfig,
      text: withInclude(main),
      attributes: machine.files.entry(mainConfig) ?? rootOwned(),
      ours: false,
    },
  ];
  const files = reconcileFiles('keys', [...keyFiles, ...configuration], owned.files, machine.files);
  const changed = new Set(files.steps.map((step) => step.path));
  const reconfigured = changed.has(dropIn) || changed.has(mainConfig);
  const newKeys = withKeys.filter((account) => changed.has(`${keysFolder}/${account.name}`));
  return {
    ...emptyPlan('keys'),
    ...files,
    checks: [
      ...keyChecks(newKeys, machine),
      ...(reconfigured ? [sshdCheck(sshd, withInclude(main), machine)] : []),
    ],
    live: reconfigured ? reload(machine) : [],
  };
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

/** `sshd -T` over the whole staged configuration: it parses, and our folder is really looked at. */
function sshdCheck(sshd: string, main: string, machine: Machine): Check {
  const folder = '/etc/ssh/sshd_config.d';
  const others = machine.files
    .list(folder)
    .filter((name) => name.endsWith('.conf') && `${folder}/${name}` !== dropIn)
    .map((name) => ({ name: `${name}.dropin`, text: machine.files.text(`${folder}/${name}`) ?? '' }));
  const ours = { name: `${dropIn.slice(folder.length + 1)}.dropin`, text: dropInText };
  const keygen = machine.program('ssh-keygen');
  const hasHostKey = machine.files.list('/etc/ssh').some((name) => /^ssh_host_.*_key$/.test(name));
  const throwaway = !hasHostKey && keygen !== undefined;
  return {
    what: `sshd -T on ${dropIn}`,
    stage: (at) =>
      [...others, ours, { name: 'sshd_config', text: main }].map(({ name, text }) => ({
        name,
        text: staged(text, at),
      })),
    // systemd makes it when sshd starts, which is after us.
    needs: '/run/sshd',
    // A cloned image has no host keys yet at this moment of its boot, and sshd -T wants one.
    ...(throwaway
      ? { before: (at: string) => [keygen, '-q', '-t', 'ed25519', '-N', '', '-f', `${at}/host_key`] as const }
      : {}),
    argv: (at) => [sshd, '-T', '-f', `${at}/sshd_config`, ...(throwaway ? ['-h', `${at}/host_key`] : [])],
    judge({ status, output }) {
      if (status !== 0) return output.trim().slice(0, 500) || `sshd -T ended with status ${status}`;
      const looked = output.split('\n').find((line) => line.startsWith('authorizedkeysfile '));
      if (looked?.includes(`${keysFolder}/%u`) === true) return undefined;
      return `${mainConfig} sets AuthorizedKeysFile before it reads ${folder}: remove that line`;
    },
  };
}

/** A running sshd reads its configuration anew; before its first start there is nothing to tell. */
function reload(machine: Machine): readonly LiveAction[] {
  const systemctl = machine.program('systemctl');
  const running = ['/run/sshd.pid', '/var/run/sshd.pid'].some(
    (path) => machine.files.entry(path) !== undefined,
  );
  if (systemctl === undefined || !running) return [];
  return [
    {
      kind: 'command',
      argv: [systemctl, '--no-block', 'try-reload-or-restart', 'ssh.service'],
      timeoutMs: 10_000,
    },
  ];
}
