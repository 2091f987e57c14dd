import type { Step } from '../../plan/step.ts';
import type { Attributes, System } from '../../system/system.ts';
import { homeEntries } from './home.ts';

/** Where the journal lies while a transaction is on its way. */
export const journalPath = '/var/lib/ubugi/journal.json';

/** What was at a path before, and what a step was to put there. */
export interface JournalEntry {
  readonly path: string;
  readonly kind: Step['kind'];
  readonly before:
    | { readonly kind: 'absent' }
    | ({ readonly kind: 'file'; readonly base64: string } & Attributes)
    | ({ readonly kind: 'folder' } & Attributes)
    | { readonly kind: 'link'; readonly target: string };
  /** SHA-256 of what a file step writes: anything else found there later is somebody else's. */
  readonly after?: string;
  /** What a home step makes in the home, deepest last. */
  readonly skeleton?: readonly { readonly path: string; readonly sha256?: string }[];
}

/** Where the temporary file of a path lies until it is renamed. Its name is one that no drop-in folder reads. */
export function temporaryPath(target: string): string {
  const slash = target.lastIndexOf('/');
  return `${target.slice(0, slash)}/.${target.slice(slash + 1)}.ubugi`;
}

/** Puts down all that is needed to take the steps back; durable once its file system is synced. */
export function writeJournal(steps: readonly Step[], system: System): void {
  const entries = steps.map((step) => journalEntry(step, system));
  const text = `${JSON.stringify({ entries })}\n`;
  const temporary = temporaryPath(journalPath);
  if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
  system.files.create(temporary, { text }, { mode: 0o600, uid: 0, gid: 0 }, false);
  system.files.rename(temporary, journalPath);
}

/** The journal of a run that was cut short; `undefined` if there is none. */
export function readJournal(system: System): readonly JournalEntry[] | undefined {
  if (system.files.entry(journalPath) === undefined) return undefined;
  return (JSON.parse(system.files.readText(journalPath)) as { readonly entries: readonly JournalEntry[] })
    .entries;
}

/** All is in place or taken back: the journal goes. */
export function closeJournal(system: System): void {
  system.files.remove(journalPath);
  system.files.syncFolder('/var/lib/ubugi');
}

function journalEntry(step: Step, system: System): JournalEntry {
  return {
    path: step.path,
    kind: step.kind,
    before: before(step.path, system),
    ...(step.kind === 'file' ? { after: system.host.sha256(step.text) } : {}),
    ...(step.kind === 'home' ? { skeleton: homeEntries(step, system) } : {}),
  };
}

function before(path: string, system: System): JournalEntry['before'] {
  const entry = system.files.entry(path);
  if (entry === undefined) return { kind: 'absent' };
  const { mode, uid, gid } = entry;
  if (entry.kind === 'file') return { kind: 'file', base64: system.files.readBase64(path), mode, uid, gid };
  if (entry.kind === 'link') return { kind: 'link', target: system.files.readLink(path) };
  return { kind: 'folder', mode, uid, gid };
}
