import type { Machine } from '../../plan/machine.ts';
import type { Check } from '../../plan/plan.ts';
import type { ToolResult } from '../../system/system.ts';
import { judgeExclusive } from './exclusive-keys.ts';
import { dropIn, dropInFolder, keysFolder, mainConfig, staged } from './sshd-config.ts';

/** The whole configuration of sshd as it will be. */
export interface SshdConfiguration {
  /** Text of `sshd_config`. */
  readonly main: string;
  /** Text of our drop-in. */
  readonly ours: string;
  /** An account that only its configured keys let in, to try; all of them are treated alike. */
  readonly exclusive: string | undefined;
}

/** `sshd -T` over the whole staged configuration: it parses, our folder is looked at, and alone where it has to be. */
export function sshdChecks(sshd: string, wanted: SshdConfiguration, machine: Machine): readonly Check[] {
  const others = machine.files
    .list(dropInFolder)
    .filter((name) => name.endsWith('.conf') && `${dropInFolder}/${name}` !== dropIn)
    .map((name) => ({
      name: `${name}.dropin`,
      text: machine.files.text(`${dropInFolder}/${name}`) ?? '',
    }));
  const ours = { name: `${dropIn.slice(dropInFolder.length + 1)}.dropin`, text: wanted.ours };
  const keygen = machine.program('ssh-keygen');
  const hasHostKey = machine.files.list('/etc/ssh').some((name) => /^ssh_host_.*_key$/.test(name));
  const throwaway = !hasHostKey && keygen !== undefined;
  const check = (
    what: string,
    connection: readonly string[],
    judge: (output: string) => string | undefined,
  ) => ({
    what,
    stage: (at: string) =>
      [...others, ours, { name: 'sshd_config', text: wanted.main }].map(({ name, text }) => ({
        name,
        text: staged(text, at),
      })),
    // systemd makes it when sshd starts, which is after us.
    needs: '/run/sshd',
    // A cloned image has no host keys yet at this moment of its boot, and sshd -T wants one.
    ...(throwaway
      ? { before: (at: string) => [keygen, '-q', '-t', 'ed25519', '-N', '', '-f', `${at}/host_key`] as const }
      : {}),
    argv: (at: string) =>
      [
        sshd,
        '-T',
        '-f',
        `${at}/sshd_config`,
        ...connection,
        ...(throwaway ? ['-h', `${at}/host_key`] : []),
      ] as const,
    judge({ status, output }: ToolResult) {
      if (status !== 0) return output.trim().slice(0, 500) || `sshd -T ended with status ${status}`;
      return judge(output);
    },
  });
  const whole = check(`sshd -T on ${dropIn}`, [], judgeFolder);
  const { exclusive } = wanted;
  if (exclusive === undefined) return [whole];
  const connection = `user=${exclusive},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22`;
  return [
    whole,
    check(`sshd -T -C user=${exclusive}`, ['-C', connection], (output) => judgeExclusive(exclusive, output)),
  ];
}

function judgeFolder(output: string): string | undefined {
  const looked = output.split('\n').find((line) => line.startsWith('authorizedkeysfile '));
  if (looked?.includes(`${keysFolder}/%u`) === true) return undefined;
  return `${mainConfig} sets AuthorizedKeysFile before it reads ${dropInFolder}: remove that line`;
}
