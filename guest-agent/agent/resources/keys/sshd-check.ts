import type { Machine } from '../../plan/machine.ts';
import type { Check } from '../../plan/plan.ts';
import type { ToolResult } from '../../system/system.ts';
import { foreignDropIns, judgeExclusive } from './exclusive-keys.ts';
import { dropIn, dropInFolder, keysFolder, staged } from './sshd-config.ts';

/** The whole configuration of sshd as it will be. */
export interface SshdConfiguration {
  /** Path of `sshd_config`. */
  readonly path: string;
  /** Text of it. */
  readonly main: string;
  /** Text of our drop-in; `undefined`: none. */
  readonly ours: string | undefined;
  /** An account that only its configured keys let in, to try; all of them are treated alike. */
  readonly exclusive: string | undefined;
}

/**
 * `sshd -t` and `sshd -T` over the whole staged configuration: it is one that sshd starts with, our folder is looked at,
 * and alone where it has to be.
 */
export function sshdChecks(sshd: string, wanted: SshdConfiguration, machine: Machine): readonly Check[] {
  const { path, main, ours, exclusive } = wanted;
  const nameOf = (file: string): string => `${file.slice(dropInFolder.length + 1)}.dropin`;
  const files = [
    ...foreignDropIns(machine.files).map((file) => ({ name: nameOf(file.path), text: file.text })),
    ...(ours === undefined ? [] : [{ name: nameOf(dropIn), text: ours }]),
    { name: 'sshd_config', text: main },
  ];
  const keygen = machine.program('ssh-keygen');
  const hasHostKey = machine.files.list('/etc/ssh').some((name) => /^ssh_host_.*_key$/.test(name));
  const throwaway = !hasHostKey && keygen !== undefined;
  const check = (
    mode: '-t' | '-T',
    connection: readonly string[],
    judge: (output: string) => string | undefined,
  ): Check => ({
    what: ['sshd', mode, ...connection.map((part) => part.replace(/,.*/, '')), 'on', path].join(' '),
    stage: (at) => files.map(({ name, text }) => ({ name, text: staged(text, at) })),
    // systemd makes it when sshd starts, which is after us.
    needs: '/run/sshd',
    // A cloned image has no host keys yet at this moment of its boot, and sshd wants one.
    ...(throwaway
      ? { before: (at: string) => [keygen, '-q', '-t', 'ed25519', '-N', '', '-f', `${at}/host_key`] as const }
      : {}),
    argv: (at) => [
      sshd,
      mode,
      '-f',
      `${at}/sshd_config`,
      ...connection,
      ...(throwaway ? ['-h', `${at}/host_key`] : []),
    ],
    judge({ status, output }: ToolResult) {
      if (status !== 0) return output.trim().slice(0, 500) || `it ended with status ${status}`;
      return judge(output);
    },
  });
  const connection = `user=${exclusive ?? ''},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22`;
  return [
    check('-t', [], () => undefined),
    check('-T', [], (output) => (ours === undefined ? undefined : judgeFolder(path, output))),
    ...(exclusive === undefined
      ? []
      : [check('-T', ['-C', connection], (output) => judgeExclusive(exclusive, output))]),
  ];
}

function judgeFolder(path: string, output: string): string | undefined {
  const looked = output.split('\n').find((line) => line.startsWith('authorizedkeysfile '));
  if (looked?.includes(`${keysFolder}/%u`) === true) return undefined;
  return `${path} sets AuthorizedKeysFile before it reads ${dropInFolder}: remove that line`;
}
