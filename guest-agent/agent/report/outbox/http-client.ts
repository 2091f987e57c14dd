import { removeTree } from '../../apply/transaction/remove-tree.ts';
import type { Machine } from '../../plan/machine.ts';
import type { System, ToolResult } from '../../system/system.ts';
import type { Channel } from './channel.ts';

/** What came back. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  /** No answer; `reason` is what the tool said. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Sends one JSON text. @param withinMs when it gives up. */
export type Post = (channel: Channel, text: string, withinMs: number) => Answer;

/** For the tool's configuration, body and answer; `/run` is memory. */
const folder = '/run/ubugi/send';
const answerLimit = 64 * 1024;

/**
 * The guest's own HTTPS client: curl, or a wget that can check certificates (that of busybox may not). `undefined` if there
 * is neither. The token stands in a file for root alone, never among the arguments, which everybody can read.
 */
export function findHttpClient(machine: Pick<Machine, 'program'>, system: System): Post | undefined {
  const curl = machine.program('curl');
  if (curl !== undefined) {
    return (channel, text, withinMs) =>
      post(channel, text, { request: curlRequest(curl, channel, withinMs), withinMs }, system);
  }
  const wget = machine.program('wget');
  if (wget === undefined) return undefined;
  const [help] = system.processes.run([{ argv: [wget, '--help'], timeoutMs: 5000 }]);
  const needed = ['--ca-certificate', '--post-file', '--config', '--content-on-error'];
  if (!needed.every((option) => help?.output.includes(option) === true)) return undefined;
  return (channel, text, withinMs) =>
    post(channel, text, { request: wgetRequest(wget, channel, withinMs), withinMs }, system);
}

/** Whether the guest seems to have such a client: what can be seen without starting anything. */
export function hasHttpClient(machine: Pick<Machine, 'files' | 'program'>): boolean {
  if (machine.program('curl') !== undefined) return true;
  const wget = machine.program('wget');
  return wget !== undefined && machine.files.link(wget)?.endsWith('busybox') !== true;
}

interface HttpRequest {
  readonly argv: readonly [string, ...string[]];
  /** Configuration file of the tool. */
  readonly configuration: string;
  /** Status of the answer; undefined if there was none. */
  status(result: ToolResult): number | undefined;
}

function curlRequest(curl: string, { url, token, caCertificates }: Channel, withinMs: number): HttpRequest {
  const lines = [
    `url = "${url}"`,
    `header = "Authorization: Bearer ${token}"`,
    'header = "Content-Type: application/json"',
    `data-binary = "@${folder}/report.json"`,
    `proto = "=${url.startsWith('https:') ? 'https' : 'http'}"`,
    'tlsv1.2',
    ...(caCertificates === undefined ? [] : [`cacert = "${folder}/ca.pem"`]),
    'noproxy = "*"',
    'silent',
    'show-error',
    `connect-timeout = ${(0.6 * withinMs) / 1000}`,
    `max-time = ${withinMs / 1000}`,
    `max-filesize = ${answerLimit}`,
    `output = "${folder}/answer"`,
    'write-out = "\\nstatus %{http_code}\\n"',
  ];
  return {
    // --disable: root's own .curlrc could switch the checks off.
    argv: [curl, '--disable', '--config', `${folder}/request`],
    configuration: `${lines.join('\n')}\n`,
    status: ({ output }) => statusIn(/\nstatus (\d{3})\n/, output),
  };
}

function wgetRequest(wget: string, { url, token, caCertificates }: Channel, withinMs: number): HttpRequest {
  return {
    argv: [
      wget,
      `--config=${folder}/request`,
      `--post-file=${folder}/report.json`,
      `--output-document=${folder}/answer`,
      ...(caCertificates === undefined
        ? []
        : [`--ca-certificate=${folder}/ca.pem`, `--ca-directory=${folder}/none`]),
      '--server-response',
      '--content-on-error',
      '--no-proxy',
      '--no-verbose',
      '--max-redirect=0',
      '--tries=1',
      // Of each phase: the whole is bounded from outside.
      `--timeout=${withinMs / 1000}`,
      url,
    ],
    configuration: `header = Authorization: Bearer ${token}\nheader = Content-Type: application/json\ncheck_certificate = on\n`,
    status: ({ output }) => statusIn(/HTTP\/[\d.]+ (\d{3})/, output),
  };
}

function statusIn(form: RegExp, output: string): number | undefined {
  const status = Number(form.exec(output)?.[1] ?? 0);
  return status === 0 ? undefined : status;
}

function post(
  { caCertificates }: Channel,
  text: string,
  { request, withinMs }: { readonly request: HttpRequest; readonly withinMs: number },
  system: System,
): Answer {
  const files: readonly (readonly [string, string])[] = [
    ['request', request.configuration],
    ['report.json', text],
    ['ca.pem', caCertificates ?? ''],
  ];
  removeTree(folder, system);
  const owner = { uid: 0, gid: 0 };
  system.files.createFolder(folder, { mode: 0o700, ...owner });
  try {
    system.files.createFolder(`${folder}/none`, { mode: 0o700, ...owner });
    for (const [name, content] of files) {
      system.files.create(`${folder}/${name}`, { text: content }, { mode: 0o600, ...owner }, false);
    }
    const [result] = system.processes.run([{ argv: request.argv, timeoutMs: withinMs + 500, folder }]);
    const status = result === undefined ? undefined : request.status(result);
    if (status !== undefined) return { kind: 'answered', status, body: readAnswer(system) };
    const said = result?.output.replace(/\s+/g, ' ').replace('status 000', '').trim().slice(0, 300) ?? '';
    return {
      kind: 'failed',
      reason: result?.timedOut === true ? `no answer within ${Math.round(withinMs / 1000)} s` : said,
    };
  } finally {
    removeTree(folder, system);
  }
}

function readAnswer(system: System): string {
  const entry = system.files.entry(`${folder}/answer`);
  return entry?.kind === 'file' && entry.size <= answerLimit ? system.files.readText(`${folder}/answer`) : '';
}
