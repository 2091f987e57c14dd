import { ensureFolder } from '../../apply/transaction/put-file.ts';
import { observeMachine } from '../../plan/machine.ts';
import { messageOf, type System } from '../../system/system.ts';
import { redact } from '../redaction.ts';
import { type Channel, isToken, readChannel, writeChannel } from './channel.ts';
import { type Answer, findHttpClient, type Post } from './http-client.ts';
import { dropReports, isGivenUp, nextTry, noteTry, readOutbox, type WaitingReport } from './outbox.ts';

/** What became of the reports that waited. */
export interface Sending {
  readonly accepted: number;
  readonly waiting: number;
  /** Why some wait, or were given up. */
  readonly problem?: string;
}

/** What the server will say again however often it is asked (RFC 9110, 15.5). */
const finalStatuses: ReadonlySet<number> = new Set([400, 403, 404, 409, 413, 415, 422]);
/** One try takes no longer. */
const tryMs = 10_000;
/** Less is not worth a try: the other end may be far, and this machine slow. */
const leastTryMs = 2000;

/**
 * Sends the reports that wait, oldest first, each with the token that the answer to the one before brought.
 *
 * @param options.dueOnly not before {@link nextTry} says so.
 * @param options.withinMs how long it may take in all, whatever the server does.
 */
export function sendReports(
  options: { readonly dueOnly: boolean; readonly withinMs: number },
  system: System,
): Sending {
  const channel = readChannel(system);
  const outbox = readOutbox(channel?.instance, system);
  const due = nextTry(outbox, system.clock.now());
  if (channel === undefined || due === undefined) return { accepted: 0, waiting: 0 };
  const { length } = outbox.reports;
  if (options.dueOnly && due > system.clock.now()) return { accepted: 0, waiting: length };
  ensureFolder('/run/ubugi', 0o755, system);
  try {
    system.host.lock('/run/ubugi/send.lock', 0);
  } catch {
    return { accepted: 0, waiting: length, problem: 'they are being sent already' };
  }
  const machine = observeMachine(system, { offline: false });
  const post = findHttpClient(machine, system);
  // Read again: another sender may have just ended.
  const current = readChannel(system) ?? channel;
  const { reports } = readOutbox(current.instance, system);
  return sendAll(current, reports, { post, withinMs: options.withinMs }, system);
}

function sendAll(
  channel: Channel,
  reports: readonly WaitingReport[],
  { post, withinMs }: { readonly post: Post | undefined; readonly withinMs: number },
  system: System,
): Sending {
  const begin = system.clock.monotonic();
  const given = reports.filter((report) => isGivenUp(report, system.clock.now()));
  dropReports(given, system);
  let current = channel;
  let waiting = reports.length - given.length;
  let accepted = 0;
  let problem = given.length === 0 ? undefined : `${given.length} given up, for they waited too long`;
  for (const report of reports) {
    if (given.includes(report)) continue;
    const leftMs = withinMs - (system.clock.monotonic() - begin);
    if (leftMs < leastTryMs) break;
    const withinTry = Math.min(tryMs, leftMs);
    const outcome = sendOne(current, report, post && ((to, text) => post(to, text, withinTry)), system);
    if (outcome.kind === 'waits') return { accepted, waiting, problem: outcome.reason };
    waiting--;
    if (outcome.kind === 'dropped') problem = outcome.reason;
    else {
      accepted++;
      current = outcome.channel;
    }
  }
  return { accepted, waiting, ...(problem === undefined ? {} : { problem }) };
}

type Outcome =
  | { readonly kind: 'accepted'; readonly channel: Channel }
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'dropped'; readonly reason: string };

function sendOne(
  channel: Channel,
  report: WaitingReport,
  post: ((channel: Channel, text: string) => Answer) | undefined,
  system: System,
): Outcome {
  const text = system.files.readText(report.path);
  const sha256 = system.host.sha256(text);
  if (sha256 === channel.accepted) {
    // We were killed between the answer and here.
    system.files.remove(report.path);
    return { kind: 'accepted', channel };
  }
  const tried = noteTry(report, text, system);
  if (post === undefined) {
    return { kind: 'waits', reason: 'the guest has neither curl nor a wget that checks certificates' };
  }
  const answer = post(channel, text);
  const secrets = { values: [channel.token], lines: new Set<string>() };
  if (answer.kind === 'failed') return { kind: 'waits', reason: redact(answer.reason, secrets) };
  const reason = `${channel.url} answered ${answer.status}`;
  if (finalStatuses.has(answer.status)) {
    dropReports([tried], system);
    return { kind: 'dropped', reason: `${reason}: a report was given up` };
  }
  const token = answer.status === 200 ? tokenIn(answer.body) : undefined;
  if (token === undefined) return { kind: 'waits', reason };
  const next = { ...channel, token, accepted: sha256 };
  // Another drive may have been applied meanwhile, with a token of its own.
  if (readChannel(system)?.token === channel.token) writeChannel(next, system, true);
  system.files.remove(tried.path);
  return { kind: 'accepted', channel: next };
}

function tokenIn(body: string): string | undefined {
  try {
    const { nextToken } = JSON.parse(body) as { readonly nextToken?: unknown };
    return isToken(nextToken) ? nextToken : undefined;
  } catch {
    return undefined;
  }
}

/** {@link sendReports} as a command: never throws, says in a line what became of it. */
export function sendReportsCommand(print: (text: string) => void, system: System): 0 | 1 {
  try {
    const { accepted, waiting, problem } = sendReports({ dueOnly: false, withinMs: 2 * tryMs }, system);
    const why = problem === undefined ? '' : `: ${problem}`;
    print(`ubugi: reports: ${accepted} accepted, ${waiting} waiting${why}\n`);
    return waiting === 0 ? 0 : 1;
  } catch (error) {
    print(`ubugi: reports: ${messageOf(error)}\n`);
    return 1;
  }
}
