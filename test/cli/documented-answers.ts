import { createHash } from 'node:crypto';
import type { Answer, SeenRequest } from './answering-server.ts';
import {
  diff,
  eventList,
  explanation,
  heldDetail,
  hypervisorDetail,
  hypervisorList,
  instanceDetail,
  instanceList,
  joinTokenCreated,
  notFound,
  placementGrant,
  rollout,
  rolloutInstances,
  runProgress,
  runs,
  timeline,
  tokenCreated,
  tokenList,
  webId,
} from './bodies.ts';
import { cancelledReplay, importReport, replayedDetail, replays } from './replay-bodies.ts';

/** Bytes that stand for an image where only the transport matters. */
export const driveBytes = Buffer.alloc(300_000, 'ubugi');
export const driveSha256 = createHash('sha256').update(driveBytes).digest('hex');

/** Bytes that stand for an export. */
export const exportBytes = Buffer.alloc(200_000, 'export');

export const driveHeaders = {
  'content-type': 'application/x-iso9660-image',
  etag: `"${driveSha256}"`,
  'ubugi-instance': webId,
  'ubugi-generation': '3',
} as const;

/** The answer that the API's documentation gives for a request. */
export function documentedAnswer({ method, url, body }: SeenRequest): Answer {
  const path = url.split('?')[0] ?? '';
  const answers: Readonly<Record<string, Answer>> = {
    'GET /v1/instances': { json: instanceList },
    'GET /v1/instances/web-01': { json: instanceDetail },
    'GET /v1/instances/web-03': { json: heldDetail },
    [`GET /v1/instances/${webId}`]: { json: replayedDetail },
    'GET /v1/instances/web-01/diff': { json: diff },
    'GET /v1/instances/web-01/explain': { json: explanation },
    'GET /v1/instances/web-01/timeline': { json: timeline },
    'GET /v1/instances/web-01/drive': { bytes: driveBytes, headers: driveHeaders },
    'POST /v1/instances/web-01/placements': { status: 201, json: placementGrant },
    'GET /v1/hypervisors': { json: hypervisorList },
    'GET /v1/hypervisors/hv-01': { json: hypervisorDetail },
    'POST /v1/replay-boot': { json: isDryRun(body) ? replays.foreseen : replays.started },
    'DELETE /v1/instances/web-01/replay-boot': { json: cancelledReplay },
    'GET /v1/export': {
      bytes: exportBytes,
      headers: { 'content-type': 'application/octet-stream' },
    },
    'POST /v1/import': { json: importReport },
    'POST /v1/sync': { json: runs.succeeded },
    'POST /v1/regenerate': { json: { ...runs.succeeded, kind: 'regenerate' } },
    'POST /v1/policy/trial': { json: runs.trial },
    'GET /v1/sync/runs': { json: { runs: [runs.running, runs.succeeded, runs.failed] } },
    [`GET /v1/sync/runs/${runs.succeeded.id}`]: { json: runs.succeeded },
    [`GET /v1/sync/runs/${runs.succeeded.id}/progress`]: { json: runProgress },
    'GET /v1/rollouts': { json: { rollouts: [rollout] } },
    [`GET /v1/rollouts/${rollout.id}`]: { json: rollout },
    [`GET /v1/rollouts/${rollout.id}/instances`]: { json: rolloutInstances },
    [`POST /v1/rollouts/${rollout.id}/resume`]: { json: { ...rollout, state: 'running', halt: null } },
    [`POST /v1/rollouts/${rollout.id}/cancel`]: { json: { ...rollout, state: 'cancelled' } },
    [`POST /v1/rollouts/${rollout.id}/rollback`]: { json: { ...runs.succeeded, kind: 'regenerate' } },
    'GET /v1/audit': { json: eventList },
    'GET /v1/tokens': { json: tokenList },
    'POST /v1/tokens': { status: 201, json: isForJoining(body) ? joinTokenCreated : tokenCreated },
    'DELETE /v1/tokens/0b6f3a5e-7d0c-4f0e-9a53-2d3a0c1b2e4f': { status: 204 },
  };
  return answers[`${method} ${path}`] ?? { status: 404, json: notFound };
}

function isDryRun(body: unknown): boolean {
  return (body as { readonly dryRun?: boolean } | undefined)?.dryRun === true;
}

function isForJoining(body: unknown): boolean {
  return (body as { readonly role?: string } | undefined)?.role === 'join';
}
