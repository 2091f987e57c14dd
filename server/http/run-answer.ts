import { AppError } from '../domain/errors.ts';
import type { StartedRun, SyncJob, SyncTask } from '../sync/sync-job.ts';
import { jsonResponse, type Success } from './route.ts';

/** What routes that start a run can answer. */
export const runSuccesses: readonly Success[] = [
  {
    status: 200,
    description: 'The finished run; `state` says how it ended and `error` why it failed.',
    content: { mediaType: 'application/json', schema: 'api.syncRun' },
  },
  {
    status: 202,
    description: 'The run has started; its `progress` and end are at the Location.',
    content: { mediaType: 'application/json', schema: 'api.syncRun' },
    headers: {
      Location: 'Path of the run.',
      'Preference-Applied': '`respond-async`.',
    },
  },
];

/** The header that such routes look at. */
export const runRequestHeaders = {
  Prefer: '`respond-async`: answer when the run has started, not when it has ended (RFC 7240).',
} as const;

/** Starts a run and answers it when it has ended, or at once for one who prefers that. */
export async function answerRun(
  syncJob: SyncJob,
  { headers }: Pick<Request, 'headers'>,
  task: SyncTask,
  actor: string,
): Promise<Response> {
  return await answerStarted(syncJob, { headers }, await syncJob.start(task, actor));
}

/** Answers a run that has started. */
export async function answerStarted(
  syncJob: Pick<SyncJob, 'live'>,
  { headers }: Pick<Request, 'headers'>,
  { id, finished }: StartedRun,
): Promise<Response> {
  if (!prefersAsync(headers.get('prefer'))) return jsonResponse(await finished);
  const run = syncJob.live(id);
  if (run === undefined) throw new AppError('internal', `run ${id} has started and is not known`);
  return jsonResponse(run, {
    status: 202,
    headers: { Location: `/v1/sync/runs/${id}`, 'Preference-Applied': 'respond-async' },
  });
}

/** A preference has a name, perhaps a value and parameters; names are compared without regard to case (RFC 7240, 2). */
function prefersAsync(header: string | null): boolean {
  return (header ?? '').split(',').some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
}
