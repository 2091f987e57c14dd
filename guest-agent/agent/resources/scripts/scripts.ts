import { ensureFolder, putFile } from '../../apply/transaction/put-file.ts';
import { removeTree } from '../../apply/transaction/remove-tree.ts';
import type { Drive } from '../../configuration/drive.ts';
import type { Change, ResourceReport } from '../../plan/plan.ts';
import { messageOf, type System } from '../../system/system.ts';
import { interpreterOf } from './interpreter.ts';

const recordPath = '/var/lib/ubugi/scripts.json';
const runFolder = '/run/ubugi/scripts';
/** Characters of the scripts' output that are kept: more than go into the report, so that secrets are seen whole. */
const outputTail = 32 * 1024;

/** Which scripts ran to a good end, and for which guest configuration. */
interface ScriptRecord {
  /** SHA-256 of guest.json, which holds the hashes of all scripts. */
  readonly configuration: string;
  readonly done: readonly string[];
}

/** Scripts that have not yet run for this guest configuration, in their order. */
export function pendingScripts(drive: Drive, system: System): Drive['guest']['scripts'] {
  const record = readRecord(system);
  const done = record?.configuration === drive.guestSha256 ? record.done : [];
  return drive.guest.scripts.filter((script) => !done.includes(script.name));
}

/** Runs the pending scripts one after the other; the first that fails ends it, and is tried again at the next run. */
export function runScripts(drive: Drive, system: System): ResourceReport {
  const begin = system.clock.monotonic();
  const pending = pendingScripts(drive, system);
  const done = drive.guest.scripts.filter((script) => !pending.includes(script)).map((script) => script.name);
  const changes: Change[] = [];
  let output = '';
  let message: string | undefined;
  for (const script of pending) {
    const result = runOne(drive, script, system);
    output += result.output;
    message = result.problem;
    if (message !== undefined) break;
    changes.push({ action: 'run', target: `script ${script.name}` });
    done.push(script.name);
    putFile(recordPath, `${JSON.stringify({ configuration: drive.guestSha256, done })}\n`, system, true);
  }
  return {
    resource: 'scripts',
    outcome: message !== undefined ? 'failed' : changes.length > 0 ? 'changed' : 'unchanged',
    durationMs: Math.round(system.clock.monotonic() - begin),
    changes: [...changes],
    ...(message === undefined ? {} : { message }),
    ...(output === '' ? {} : { output: output.slice(-outputTail) }),
  };
}

function runOne(
  drive: Drive,
  script: Drive['guest']['scripts'][number],
  system: System,
): { readonly output: string; readonly problem?: string } {
  const source = `${drive.folder}/ubugi/scripts/${script.name}`;
  const copy = `${runFolder}/${script.name}`;
  try {
    const text = system.files.readText(source);
    if (system.host.sha256(text) !== script.sha256) {
      return {
        output: '',
        problem: `script ${script.name}: ${source} is not the one that was signed; build the drive anew`,
      };
    }
    removeTree(runFolder, system);
    ensureFolder(runFolder, 0o700, system);
    system.files.create(copy, { text }, { mode: 0o700, uid: 0, gid: 0 }, false);
    // By its interpreter: /run may be mounted noexec.
    const [result] = system.processes.run([
      { argv: [...interpreterOf(text), copy], timeoutMs: script.timeoutSeconds * 1000 },
    ]);
    removeTree(runFolder, system);
    const output = result?.output ?? '';
    if (result?.timedOut === true) {
      return {
        output,
        problem: `script ${script.name}: killed after ${script.timeoutSeconds} s; raise its timeoutSeconds or mend it`,
      };
    }
    if (result?.status === 0) return { output };
    return {
      output,
      problem: `script ${script.name}: ended with status ${result?.status ?? 126}; mend it, it runs again at the next start`,
    };
  } catch (error) {
    return { output: '', problem: `script ${script.name}: ${messageOf(error)}` };
  }
}

function readRecord(system: System): ScriptRecord | undefined {
  if (system.files.entry(recordPath) === undefined) return undefined;
  return JSON.parse(system.files.readText(recordPath)) as ScriptRecord;
}
