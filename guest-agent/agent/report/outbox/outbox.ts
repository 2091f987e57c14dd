import { ensureFolder, putFile } from '../../apply/transaction/put-file.ts';
import type { System } from '../../system/system.ts';

/**
 * Reports that wait to be sent, each a file named QUEUED-GENERATION-TRIES-TRIED.json with times in milliseconds since
 * 1970; generation 0: any, as for a drive that was refused. The launcher writes such files too.
 */
export interface WaitingReport {
  readonly path: string;
  readonly queuedAt: number;
  readonly generation: number;
  readonly tries: number;
  /** When it was tried last; 0: never. */
  readonly triedAt: number;
}

/** What waits, oldest first: in this order the server sees how things came to be. */
export interface Outbox {
  /** UUID of the instance: guests that wait for the same server do not all try at the same moment. */
  readonly instance: string;
  readonly reports: readonly WaitingReport[];
}

/** Reports that must outlive a reboot, and those of runs that changed nothing, which the next boot repeats anyway. */
const folders = { lasting: '/var/lib/ubugi/outbox', passing: '/run/ubugi/outbox' } as const;
const undeliveredPath = '/var/lib/ubugi/outbox/undelivered';

const minute = 60_000;
const limits = { reports: 20, tries: 50, ageMs: 24 * 60 * minute } as const;
/** The network comes up a moment after us. */
const firstTryMs = 5000;

/** Reads what waits. @param instance whose reports they are; undefined: nobody takes any. */
export function readOutbox(instance: string | undefined, system: System): Outbox {
  if (instance === undefined) return { instance: '', reports: [] };
  const reports = Object.values(folders).flatMap((folder) =>
    system.files.entry(folder)?.kind === 'folder'
      ? system.files.list(folder).flatMap((name) => waitingReport(folder, name))
      : [],
  );
  return { instance, reports: reports.sort((a, b) => a.queuedAt - b.queuedAt) };
}

function waitingReport(folder: string, name: string): readonly WaitingReport[] {
  const fields = /^(\d{1,15})-(\d{1,10})-(\d{1,3})-(\d{1,15})\.json$/.exec(name);
  if (fields === null) return [];
  const [queuedAt = 0, generation = 0, tries = 0, triedAt = 0] = fields.slice(1).map(Number);
  return [{ path: `${folder}/${name}`, queuedAt, generation, tries, triedAt }];
}

/** When to try next, in milliseconds since 1970, perhaps in the past; undefined: nothing waits. */
export function nextTry({ instance, reports }: Outbox, now: number): number | undefined {
  const [oldest] = reports;
  if (oldest === undefined) return undefined;
  // A try of one is a try of all: what failed is the way to the server.
  const tries = Math.max(...reports.map((report) => report.tries));
  const triedAt = Math.max(...reports.map((report) => report.triedAt));
  const wait = tries === 0 ? firstTryMs : Math.min(60, 2 ** (tries - 1)) * minute * (1 + jitter(instance));
  const from = tries === 0 ? Math.min(...reports.map(({ queuedAt }) => queuedAt)) : triedAt;
  // A clock that was set back must not put it off for longer.
  return Math.round(Math.min(from, now + minute) + wait);
}

/** 0 to 0.25, always the same for the same instance. */
function jitter(instance: string): number {
  let sum = 0;
  for (let at = 0; at < instance.length; at++) sum = (sum * 31 + instance.charCodeAt(at)) % 9973;
  return sum / 9973 / 4;
}

/** Whether a report has waited too long to be tried again. Each is tried once, whatever the clock says. */
export function isGivenUp({ queuedAt, tries }: WaitingReport, now: number): boolean {
  return tries >= limits.tries || (tries > 0 && now - queuedAt > limits.ageMs);
}

/**
 * Puts a report in; the oldest beyond the limit go.
 *
 * @param options.hasty false: not before a minute has passed, so that what wakes to send it does not wake again at once.
 * @param options.passing it says nothing that the next boot would not say again: it takes the place of others like it.
 */
export function queueReport(
  text: string,
  options: {
    readonly instance: string;
    readonly generation: number;
    readonly passing: boolean;
    readonly hasty?: boolean;
  },
  system: System,
): void {
  const folder = options.passing ? folders.passing : folders.lasting;
  const now = system.clock.now() + (options.hasty === false ? minute : 0);
  const { reports } = readOutbox(options.instance, system);
  for (const report of reports)
    if (report.path.startsWith(`${folders.passing}/`)) system.files.remove(report.path);
  const waiting = reports.filter(({ path }) => path.startsWith(`${folders.lasting}/`));
  dropReports(waiting.slice(0, Math.max(0, waiting.length + 1 - limits.reports)), system);
  let queuedAt = now;
  while (waiting.some((report) => report.queuedAt === queuedAt)) queuedAt++;
  ensureFolder(folder, 0o700, system);
  putFile(`${folder}/${queuedAt}-${options.generation}-0-0.json`, text, system, false);
}

/** Notes a try before it is made; from then on the report outlives a reboot, for its answer may get lost. */
export function noteTry(report: WaitingReport, text: string, system: System): WaitingReport {
  const { queuedAt, generation } = report;
  const triedAt = system.clock.now();
  const tries = report.tries + 1;
  const path = `${folders.lasting}/${queuedAt}-${generation}-${tries}-${triedAt}.json`;
  if (report.path.startsWith(`${folders.lasting}/`)) system.files.rename(report.path, path);
  else {
    ensureFolder(folders.lasting, 0o700, system);
    putFile(path, text, system, true);
    system.files.remove(report.path);
  }
  return { path, queuedAt, generation, tries, triedAt };
}

/** Gives reports up; the next report says how many. */
export function dropReports(reports: readonly WaitingReport[], system: System): void {
  if (reports.length === 0) return;
  for (const { path } of reports) system.files.remove(path);
  ensureFolder(folders.lasting, 0o700, system);
  putFile(undeliveredPath, `${countUndelivered(system) + reports.length}\n`, system, false);
}

/** How many reports were given up since {@link forgetUndelivered}. */
export function countUndelivered(system: System): number {
  if (system.files.entry(undeliveredPath) === undefined) return 0;
  return Math.min(1_000_000, Number.parseInt(system.files.readText(undeliveredPath), 10) || 0);
}

/** A report that says so waits now. */
export function forgetUndelivered(system: System): void {
  if (system.files.entry(undeliveredPath) !== undefined) system.files.remove(undeliveredPath);
}
