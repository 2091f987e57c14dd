import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ImportRequest } from '../../../schemas/types/api.ts';
import { readJsonDocument } from '../../../schemas/validation/json-document.ts';
import { AppError } from '../../domain/errors.ts';
import { temporaryCachePath } from '../../drive/drive-cache.ts';
import { exportLines } from '../../exchange/export-bundle.ts';
import { importBundle } from '../../exchange/import-bundle.ts';
import type { InstanceSelection } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { refuseCompressed } from '../json-body.ts';
import { requestInvalid } from '../problem.ts';
import { type QueryParameter, textParameter } from '../query-parameter.ts';
import { defineRoute, jsonResponse, type Route } from '../route.ts';

const selectionKeys = ['name', 'project', 'site', 'owner', 'tag', 'osFamily', 'hypervisor'] as const;
const admins = { minimum: 'admin', hypervisor: 'no' } as const;
const largestBody = 4 * 1024 ** 3;
const longestRequest = 2 * 1024 * 1024;
const newline = 0x0a;

/** Instances with their history go to another cluster or site. */
export function exchangeRoutes(ports: AppPorts): readonly Route[] {
  const { store, clock, exchange } = ports;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/export',
      operationId: 'exportInstances',
      tag: 'instances',
      summary: 'Export instances with records, seeds, generations, events and reports, signed.',
      description:
        'Lines of JSON, packed with gzip, the last one a signature over the others: docs/export-format.md. It holds random seeds and user-data: keep it as you keep the database.',
      access: admins,
      query: {
        name: patternParameter('Name of the instance.'),
        project: patternParameter('Project.'),
        site: patternParameter('Site.'),
        owner: patternParameter('Owner.'),
        tag: patternParameter('One of the tags.'),
        osFamily: patternParameter('OS family.'),
        hypervisor: patternParameter('Host that the instance is placed on.'),
      },
      successes: [
        { status: 200, description: 'The export.', content: { mediaType: 'application/octet-stream' } },
      ],
      handle: async ({ query, principal }) => {
        const selection: InstanceSelection = Object.fromEntries(
          selectionKeys.flatMap((key) => (query[key] === undefined ? [] : [[key, query[key]]])),
        );
        const { actor } = principal;
        await store.transaction((transaction) =>
          transaction.appendEvent({
            at: clock.now().toISOString(),
            actor,
            action: 'instances-exported',
            instance: null,
            reason: 'export',
            details: { selection },
          }),
        );
        const lines = exportLines({ store, clock, signingKey: exchange.signingKey }, { selection, actor });
        const packed = Readable.from(lines).pipe(createGzip());
        return new Response(Readable.toWeb(packed) as ReadableStream, {
          headers: { 'Content-Type': 'application/octet-stream' },
        });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/import',
      operationId: 'importInstances',
      tag: 'instances',
      summary: 'Import an export of another cluster or site.',
      description: [
        'The body is one line of JSON (`importRequest`, `{}` for all defaults), then the export as it is. Who signed it must be',
        'trusted: this server, its `exchange.trustedSigners`, or whom the request names. All of it is checked before anything is written; where an instance, its name or an address is here',
        'already, nothing is, unless `skipConflicts` says otherwise. Asked again after an interruption, it goes on.',
      ].join(' '),
      access: admins,
      accepts: { contents: { 'application/octet-stream': undefined }, limit: largestBody },
      successes: [
        {
          status: 200,
          description: 'What became of each instance; `written` says whether anything was.',
          content: { mediaType: 'application/json', schema: 'api.importReport' },
        },
      ],
      failures: { 409: 'Another import is under way.' },
      handle: async ({ request, principal }) => {
        refuseCompressed(request);
        const path = temporaryCachePath(exchange.spoolFolder, `import-${ports.random.uuid()}`);
        try {
          const options = await spool(request, path, ports);
          return jsonResponse(
            await importBundle(importPorts(ports), path, { request: options, actor: principal.actor }),
          );
        } finally {
          await rm(path, { force: true });
        }
      },
    }),
  ];
}

function importPorts({ store, clock, validators, exchange, reportsKept }: AppPorts) {
  const { signingKey, trustedSigners } = exchange;
  return { store, clock, validators, reportsKept, exportSigners: signingKey.exportSigners, trustedSigners };
}

/** Puts what follows the first line into a file. @returns the first line, checked */
async function spool(request: Request, path: string, { validators }: AppPorts): Promise<ImportRequest> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let options: ImportRequest | undefined;
  let size = 0;
  async function* rest(): AsyncGenerator<Uint8Array> {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > largestBody) throw new AppError('too-large', `the body is larger than ${largestBody} bytes`);
      if (head === undefined) {
        yield chunk;
        continue;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(newline);
      if (end === -1 && head.length <= longestRequest) continue;
      if (end === -1)
        throw new AppError('request-invalid', 'the first line of the body is too long for a request');
      options = readOptions(head.subarray(0, end), validators);
      const after: Buffer = head.subarray(end + 1);
      head = undefined;
      yield after;
    }
  }
  await pipeline(rest, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
  if (options === undefined)
    throw new AppError('request-invalid', 'the body has no first line; send the request, then the export');
  return options;
}

function readOptions(line: Buffer, validators: AppPorts['validators']): ImportRequest {
  const reading = readJsonDocument(line.toString('utf8'));
  if (reading.kind === 'invalid') throw requestInvalid('body', [reading.problem]);
  const validated = validators.api<ImportRequest>('importRequest')(reading.value);
  if (validated.kind === 'invalid') throw requestInvalid('body', validated.problems);
  return validated.value;
}

const patternForm = '^[A-Za-z0-9._:/@=+*-]+$';

function patternParameter(description: string): QueryParameter<string> {
  const allowed = new RegExp(patternForm);
  return textParameter(
    `${description} A literal, or a pattern with * for any characters.`,
    { type: 'string', minLength: 1, maxLength: 255, pattern: patternForm },
    (text) => (text.length <= 255 && allowed.test(text) ? text : undefined),
    'give letters, digits, . _ : / @ = + - and * for any characters',
  );
}
