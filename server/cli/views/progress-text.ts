import type { SyncRun } from '../../../schemas/types/api.ts';

const phases: Readonly<Record<NonNullable<SyncRun['progress']>['phase'], string>> = {
  fetching: 'reading CMDB and directory',
  planning: 'comparing',
  committing: 'committing',
};
const barLength = 20;

/** How far a run is: `comparing  ██████████░░░░░░░░░░ 50,000 of 100,000`. Empty where it does not tell. */
export function progressText({ progress }: Pick<SyncRun, 'progress'>): string {
  if (progress === undefined) return '';
  const { phase, done, total } = progress;
  const counts =
    total === null || total === 0
      ? grouped(done)
      : `${bar(done / total)} ${grouped(done)} of ${grouped(total)}`;
  return done === 0 && total === null ? phases[phase] : `${phases[phase]}  ${counts}`;
}

function bar(part: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * barLength);
  return '█'.repeat(full) + '░'.repeat(barLength - full);
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
