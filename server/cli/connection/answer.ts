import type { Problem, RecordProblem } from '../../../schemas/types/api.ts';
import api from '../../../schemas/v1/api.json' with { type: 'json' };
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { isErrorCode } from '../exit-status.ts';
import type { TransportResponse } from './transport.ts';

const largestBytes = 256 * 1024 * 1024;

/** Definitions of `schemas/v1/api.json` that answers have. */
export type AnswerDefinition = keyof (typeof api)['$defs'];

/**
 * The body of a successful answer. Fields that this version does not know are let through; one that it needs and
 * does not find fails with `internal`, naming the field. A problem fails with its own code.
 * @param from the server, for messages
 */
export async function readAnswer<T>(
  response: TransportResponse,
  definition: AnswerDefinition,
  from: string,
): Promise<T> {
  if (response.status !== 200 && response.status !== 201 && response.status !== 202) {
    throw await problemError(response, from);
  }
  const body = await readJson(response, from);
  const schema = api.$defs[definition];
  for (const field of 'required' in schema ? schema.required : []) {
    if (!isObject(body) || body[field] === undefined) throw misunderstood(from, `it lacks \`${field}\``);
  }
  return body as T;
}

/** The failure that an unsuccessful answer stands for. */
export async function problemError(response: TransportResponse, from: string): Promise<AppError> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    const location = response.headers.location ?? 'nowhere';
    return new AppError(
      'server-unreachable',
      `${from} redirects to ${location}: redirects are not followed, so that the token goes nowhere else. Use the server's own URL`,
    );
  }
  let body: unknown;
  try {
    body = await readJson(response, from);
  } catch {
    body = undefined;
  }
  if (!isProblem(body)) {
    return new AppError(
      codeOf(undefined, status),
      `${from} answered ${status} without saying why: check that the URL is that of an Ubugi server`,
    );
  }
  const problems = Array.isArray(body.problems) ? body.problems.filter(isRecordProblem) : undefined;
  return new AppError(codeOf(body.code, status), body.detail, {
    details: { problem: body, ...(problems === undefined ? {} : { problems }) },
  });
}

/** A successful answer in plain text. */
export async function readPlainText(response: TransportResponse, from: string): Promise<string> {
  if (response.status !== 200) throw await problemError(response, from);
  if (!/^text\/plain\b/.test(response.headers['content-type'] ?? '')) {
    throw misunderstood(from, 'it is no plain text');
  }
  return await readText(response, from);
}

async function readJson(response: TransportResponse, from: string): Promise<unknown> {
  const type = response.headers['content-type'] ?? '';
  if (!/^application\/(problem\+)?json\b/.test(type)) throw misunderstood(from, 'it is no JSON');
  const text = await readText(response, from);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw misunderstood(from, 'it is no valid JSON', error);
  }
}

async function readText(response: TransportResponse, from: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > largestBytes) throw misunderstood(from, 'it is larger than 256 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function misunderstood(from: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'internal',
    `cannot understand the answer of ${from}: ${why}. Check that the URL is that of an Ubugi server of this version`,
    { cause },
  );
}

function codeOf(code: string | undefined, status: number): ErrorCode {
  if (code !== undefined && isErrorCode(code)) return code;
  switch (status) {
    case 400:
    case 422:
      return 'request-invalid';
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 409:
      return 'conflict';
    case 413:
      return 'too-large';
    case 502:
    case 503:
      return 'server-unreachable';
    case 504:
      return 'timeout';
    default:
      return 'internal';
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProblem(value: unknown): value is Problem {
  return isObject(value) && typeof value['detail'] === 'string' && typeof value['code'] === 'string';
}

function isRecordProblem(value: unknown): value is RecordProblem {
  const fields = ['source', 'record', 'field', 'message', 'remedy'];
  return isObject(value) && fields.every((field) => typeof value[field] === 'string');
}
