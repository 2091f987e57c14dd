import { readFileSync, readlinkSync } from 'node:fs';

/** Names a process so that another one can tell whether it still runs. */
export interface ProcessIdentity {
  /** This process. */
  readonly own: string;
  /** `unknown`: of another machine start, of another container, or on a system without /proc. */
  stateOf(identity: string): 'running' | 'ended' | 'unknown';
}

/**
 * Identities of the form `BOOT NAMESPACE PID START`. A process number alone is given away again after its process
 * has ended and means another process in another container, so the time of its start, the PID namespace and the
 * start of the machine stand beside it (proc_pid_stat(5), pid_namespaces(7)).
 * @param processes where process numbers are looked up: /proc
 */
export function createProcessIdentity(processes = '/proc'): ProcessIdentity {
  const surroundings = readSurroundings(processes);
  return {
    own: `${surroundings ?? 'unknown unknown'} ${process.pid} ${startOf(processes, process.pid) ?? 'unknown'}`,
    stateOf(identity) {
      const [boot, namespace, pid, start] = identity.split(' ');
      if (surroundings === undefined || `${boot} ${namespace}` !== surroundings) {
        return 'unknown';
      }
      return startOf(processes, Number(pid)) === start ? 'running' : 'ended';
    },
  };
}

function readSurroundings(processes: string): string | undefined {
  try {
    const boot = readFileSync(`${processes}/sys/kernel/random/boot_id`, 'utf8').trim();
    return `${boot} ${readlinkSync(`${processes}/self/ns/pid`)}`;
  } catch {
    return undefined;
  }
}

/** Clock ticks from the machine's start to that of the process; undefined if there is no such process. */
function startOf(processes: string, pid: number): string | undefined {
  try {
    const stat = readFileSync(`${processes}/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
