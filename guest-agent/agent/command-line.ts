import type { AgentReport } from '../../schemas/types/agent-report.ts';

type Trigger = NonNullable<AgentReport['trigger']>;

/** What the agent is asked to do. */
export type Command =
  | { readonly kind: 'version' }
  | { readonly kind: 'send-reports' }
  | {
      readonly kind: 'plan' | 'apply';
      /** Absolute path of the mounted drive; absent: the one that is kept. */
      readonly drive?: string;
      readonly offline: boolean;
      readonly verified: boolean;
      readonly json: boolean;
      /** Why it runs; absent: somebody called it. */
      readonly trigger?: Trigger;
      /** The machine's instance UUID, instead of what its firmware says. */
      readonly instance?: string;
    }
  | { readonly kind: 'wrong'; readonly message: string };

const usage =
  'usage: ubugi-agent plan|apply [--drive DIR] [--offline] [--verified] [--json] [--trigger boot|medium-change|timer] [--instance UUID]; ubugi-agent send-reports; ubugi-agent version';

const triggers: readonly Trigger[] = ['boot', 'medium-change', 'timer'];

/** Reads the arguments, program name left out. */
export function parseCommandLine(given: readonly string[]): Command {
  const [name, ...rest] = given;
  if ((name === 'version' || name === 'send-reports') && rest.length === 0) return { kind: name };
  if (name !== 'plan' && name !== 'apply') return { kind: 'wrong', message: usage };
  const flags = new Set<string>();
  let drive: string | undefined;
  let instance: string | undefined;
  let trigger: Trigger | undefined;
  for (let at = 0; at < rest.length; at++) {
    const flag = rest[at] ?? '';
    if (flag === '--drive') drive = rest[++at] ?? '';
    else if (flag === '--instance') {
      instance = rest[++at]?.toLowerCase();
      if (instance === undefined) return { kind: 'wrong', message: usage };
    } else if (flag === '--trigger') {
      const value = rest[++at];
      trigger = triggers.find((known) => known === value);
      if (trigger === undefined) return { kind: 'wrong', message: usage };
    } else if (['--offline', '--verified', '--json'].includes(flag)) flags.add(flag);
    else return { kind: 'wrong', message: usage };
  }
  if (drive !== undefined && !drive.startsWith('/')) {
    return { kind: 'wrong', message: `--drive needs the absolute path of the mounted drive; ${usage}` };
  }
  return {
    kind: name,
    offline: flags.has('--offline'),
    verified: flags.has('--verified'),
    json: flags.has('--json'),
    ...(drive === undefined ? {} : { drive: drive.replace(/\/+$/, '') }),
    ...(trigger === undefined ? {} : { trigger }),
    ...(instance === undefined ? {} : { instance }),
  };
}
