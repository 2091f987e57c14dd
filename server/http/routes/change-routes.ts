import type { HostChanges } from '../../../schemas/types/api.ts';
import { currentDrive } from '../../domain/current-drive.ts';
import type { FeedHead, HostChange } from '../../store/ports/placement.ts';
import type { AppPorts } from '../app-ports.ts';
import { cursorOf, positionOf } from '../hypervisors/changes-cursor.ts';
import type { HostAccess } from '../hypervisors/host-access.ts';
import { integerParameter, textParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const mostWaitSeconds = 300;

/** The feed by which hypervisors hear of changes. */
export function changeRoutes(ports: AppPorts, access: HostAccess): readonly Route[] {
  const { store, feed, driveBuilder, clock } = ports;

  /** A replay that is over is not told of. */
  function told({ replay, ...change }: HostChange): HostChanges['instances'][number] {
    const { generation: newest } = change;
    const drive = currentDrive({ newest, ...(replay === undefined ? {} : { replay }) }, clock.now());
    if (drive?.kind !== 'replay') return change;
    const { generation, supersedes } = drive;
    return { ...change, generation, replay: { generation, supersedes } };
  }

  const answer = (cursor: string, complete: boolean, changes: readonly HostChange[]): HostChanges => ({
    cursor,
    complete,
    payload: driveBuilder.payload,
    instances: changes.map(told),
  });

  /** Where to go on from; undefined: the host has to be told everything. */
  async function startOf(cursor: string | undefined): Promise<FeedHead | undefined> {
    const position = cursor === undefined ? undefined : positionOf(cursor);
    return position !== undefined && (await store.canContinue(position)) ? position : undefined;
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/v1/hypervisors/{host}/changes',
      operationId: 'hostChanges',
      tag: 'hypervisors',
      summary: 'What changed for a hypervisor; waits until something does.',
      description: [
        'Without `after`, or with a cursor that the server cannot go on from (another database, a restored backup),',
        '`complete` is true: all instances of the host are listed, and what is not listed is gone. Else what changed',
        'since, each instance once; an instance may come a second time. If nothing changes within `wait`, the same cursor',
        'comes back without instances. A server that stops answers at once.',
      ].join(' '),
      access: { minimum: 'operator', hypervisor: 'own' },
      routine: true,
      query: {
        after: textParameter(
          'The cursor of the answer before.',
          { type: 'string', maxLength: 200 },
          (text) => (text.length <= 200 ? text : undefined),
          'give the cursor of the answer before',
        ),
        wait: integerParameter('Seconds to wait at most; 0 if absent.', 0, mostWaitSeconds),
      },
      successes: [
        {
          status: 200,
          description: 'What the hypervisor has to know.',
          content: { mediaType: 'application/json', schema: 'api.hostChanges' },
        },
      ],
      failures: { 429: 'Too many wait already.' },
      handle: async (exchange) => {
        const { query, request } = exchange;
        const host = await access.find(exchange);
        let head = await store.feedHead();
        const start = await startOf(query.after);
        if (start === undefined || query.after === undefined) {
          return jsonResponse(answer(cursorOf(head), true, await store.hostChanges(host, undefined)));
        }
        const nothing = answer(query.after, false, []);
        const deadline = performance.now() + (query.wait ?? 0) * 1000;
        for (let after = start.change; ; ) {
          const changes = await store.hostChanges(host, after);
          if (changes.length > 0) return jsonResponse(answer(cursorOf(head), false, changes));
          const { epoch, change } = head;
          const withinMs = deadline - performance.now();
          if (withinMs <= 0) return jsonResponse(nothing);
          const end = await feed.wait(host, change, { withinMs, signal: request.signal });
          if (end === 'closing') return jsonResponse(nothing, { headers: { Connection: 'close' } });
          if (end === 'quiet') return jsonResponse(nothing);
          after = change;
          head = await store.feedHead();
          // An older database was put in the place of this one: the cursor is for the next request to judge.
          if (head.epoch !== epoch) return jsonResponse(nothing);
        }
      },
    }),
  ];
}
