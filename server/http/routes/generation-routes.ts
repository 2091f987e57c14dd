import type { Explanation, GenerationDiff, GenerationList, Timeline } from '../../../schemas/types/api.ts';
import { diffGuests } from '../../domain/diff.ts';
import { guestSections } from '../../domain/guest-lines.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { novaRecord } from '../../nova/nova-records.ts';
import type { Store } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import type { InstanceAccess } from '../instances/instance-access.ts';
import { generationSummary, heldBy, unsaid } from '../instances/instance-view.ts';
import { explainSince } from '../instances/line-history.ts';
import { findGeneration } from '../instances/stored-generation.ts';
import { choiceParameter, integerParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const newestGeneration = 2_147_483_647;
const timelineLength = 1000;

/** What an instance's generations hold, how they differ, and where everything came from. */
export function generationRoutes({ store }: AppPorts, access: InstanceAccess): readonly Route[] {
  const generation = integerParameter('Number of a generation; the newest if absent.', 1, newestGeneration);
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/guest',
      operationId: 'showGuestConfiguration',
      tag: 'instances',
      summary: 'Show the guest configuration of a generation.',
      access: { minimum: 'viewer', hypervisor: 'own' },
      query: { generation },
      successes: [
        {
          status: 200,
          description: 'The guest configuration.',
          content: { mediaType: 'application/json', schema: 'guest-configuration' },
        },
      ],
      handle: async (exchange) => {
        const instance = await access.find(exchange);
        const { guest } = await findGeneration(store, instance, exchange.query.generation);
        return jsonResponse(guest);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/generations',
      operationId: 'listGenerations',
      tag: 'instances',
      summary: 'List the generations of an instance, newest first.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'All generations.',
          content: { mediaType: 'application/json', schema: 'api.generationList' },
        },
      ],
      handle: async (exchange) => {
        const { id } = await access.find(exchange);
        const body: GenerationList = {
          generations: (await store.generationHeaders(id)).map(generationSummary),
        };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/diff',
      operationId: 'diffGenerations',
      tag: 'instances',
      summary: 'Show what changes from one generation to another.',
      description:
        'Without `to`: to the newest. Without `from`: from the one before `to`, or from nothing for the first.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: {
        from: integerParameter('Generation to compare from.', 1, newestGeneration),
        to: integerParameter('Generation to compare to.', 1, newestGeneration),
      },
      successes: [
        {
          status: 200,
          description: 'The changes.',
          content: { mediaType: 'application/json', schema: 'api.generationDiff' },
        },
      ],
      handle: async (exchange) => {
        const instance = await access.find(exchange);
        const to = await findGeneration(store, instance, exchange.query.to);
        const number = exchange.query.from ?? to.number - 1;
        const from = number === 0 ? undefined : await findGeneration(store, instance, number);
        const body: GenerationDiff = {
          instance: instance.id,
          from: from?.number ?? null,
          to: to.number,
          changes: [...diffGuests(from?.guest, to.guest)],
        };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/explain',
      operationId: 'explainGeneration',
      tag: 'instances',
      summary: 'Show where every line of a guest configuration came from, since when, and by whose change.',
      access: { minimum: 'viewer', hypervisor: 'no' },
      query: { generation, section: choiceParameter('Only this section.', guestSections) },
      successes: [
        {
          status: 200,
          description: 'The lines and their sources.',
          content: { mediaType: 'application/json', schema: 'api.explanation' },
        },
      ],
      handle: async (exchange) => {
        const { query } = exchange;
        const instance = await access.find(exchange);
        const generation = await findGeneration(store, instance, query.generation);
        const lines = generation.sources.filter(
          ({ section }) => query.section === undefined || section === query.section,
        );
        const nova =
          query.section === undefined || query.section === 'instance'
            ? await novaRecord(store, instance.id)
            : undefined;
        const body: Explanation = {
          instance: instance.id,
          generation: generation.number,
          lines: await explainSince(store, generation, lines),
          ...(generation.number === instance.newest ? heldBy(instance.hold) : {}),
          ...(instance.quarantine.length === 0 ? {} : { quarantine: [...instance.quarantine] }),
          ...unsaid(generation),
          ...(nova === undefined ? {} : { nova }),
        };
        return jsonResponse(body);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/instances/{id}/timeline',
      operationId: 'showTimeline',
      tag: 'instances',
      summary: 'Show who created an instance, and its generations, events and reports, oldest first.',
      description: `The newest ${timelineLength} of each kind.`,
      access: { minimum: 'viewer', hypervisor: 'no' },
      successes: [
        {
          status: 200,
          description: 'The timeline.',
          content: { mediaType: 'application/json', schema: 'api.timeline' },
        },
      ],
      handle: async (exchange) => {
        const { id, record, inventory, locator, firstSeenAt } = await access.find(exchange);
        const headers = await store.generationHeaders(id);
        const reports = await store.reports(id, timelineLength);
        const body: Timeline = {
          instance: id,
          creation: {
            by: record.creator ?? null,
            at: record.createdAt ?? null,
            source: { inventory, record: locator },
            firstSeenAt,
          },
          generations: headers.slice(0, timelineLength).map(generationSummary).reverse(),
          events: await newestEvents(store, id),
          reports: [...reports].reverse(),
        };
        return jsonResponse(body);
      },
    }),
  ];
}

/** The store pages from the oldest on. */
async function newestEvents(store: Store, instance: InstanceId): Promise<Timeline['events']> {
  let newest: Timeline['events'] = [];
  for (;;) {
    const after = newest.at(-1)?.id ?? 0;
    const page = await store.events({ instance, after, limit: timelineLength });
    newest = [...newest, ...page].slice(-timelineLength);
    if (page.length < timelineLength) return newest;
  }
}
