import type { Manifest } from '../../../../schemas/types/manifest.ts';
import { ensureFolder, putFile } from '../../apply/transaction/put-file.ts';
import type { System } from '../../system/system.ts';
import { dropReports, readOutbox } from './outbox.ts';

/** Where reports go and with which token: `/var/lib/ubugi/report-token.json`, for root alone. */
export interface Channel {
  readonly instance: string;
  /** The token is for reports about this one. */
  readonly generation: number;
  /** Whole URL. */
  readonly url: string;
  /** CA certificates in PEM; absent: those that the guest trusts already. */
  readonly caCertificates?: string;
  /** The token of the drive. */
  readonly firstToken: string;
  /** The one for the next report. */
  readonly token: string;
  /** SHA-256 of the report that was accepted last. */
  readonly accepted?: string;
}

const channelPath = '/var/lib/ubugi/report-token.json';
const driveFile = 'ubugi/report.json';

const tokenForm = /^ubugi-report\.[A-Za-z0-9.-]{1,200}[A-Za-z0-9_-]{43}$/;
const secureUrl = /^https:\/\/[!#$%&'()*+,./0-9:;=?@A-Z[\]_a-z~-]+$/;
/** Without TLS nothing leaves the machine. */
const localUrl =
  /^http:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?\/[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]*$/;

/** Whether a text can be a report token. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && tokenForm.test(value);
}

/** The channel that is kept; `undefined` if none is, or what is there is none. */
export function readChannel(system: System): Channel | undefined {
  if (system.files.entry(channelPath)?.kind !== 'file') return undefined;
  try {
    const value = JSON.parse(system.files.readText(channelPath)) as Channel;
    return isChannel(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isChannel({ instance, generation, url, token, caCertificates }: Channel): boolean {
  return (
    typeof instance === 'string' &&
    typeof generation === 'number' &&
    isToken(token) &&
    typeof url === 'string' &&
    (secureUrl.test(url) || localUrl.test(url)) &&
    (caCertificates === undefined || typeof caCertificates === 'string')
  );
}

/** Keeps a channel. @param durable on disk before it returns. */
export function writeChannel(channel: Channel, system: System, durable: boolean): void {
  putFile(channelPath, `${JSON.stringify(channel)}\n`, system, durable);
}

/**
 * Takes over the channel that the drive names. The token goes on from where this generation's reports are; one of another
 * generation takes its place, and what waits about that one can no longer be sent.
 *
 * @param folder absolute path of the mounted drive. @returns why it cannot, if so.
 */
export function adoptChannel(folder: string, manifest: Manifest, system: System): string | undefined {
  const kept = readChannel(system);
  const signed = manifest.files.find(({ path }) => path === driveFile);
  if (signed === undefined) {
    forgetChannel(system);
    return undefined;
  }
  const path = `${folder}/${driveFile}`;
  const text = system.files.readText(path);
  if (system.host.sha256(text) !== signed.sha256) {
    return `${path} is not the one in the manifest: build the drive anew`;
  }
  const { url, token, caCertificates } = JSON.parse(text) as Partial<Channel>;
  const { instance, generation } = manifest;
  const same = kept?.instance === instance && kept.generation === generation && kept.firstToken === token;
  const channel = {
    instance,
    generation,
    url,
    ...(caCertificates === undefined ? {} : { caCertificates }),
    firstToken: token,
    token: same ? kept.token : token,
    ...(same && kept.accepted !== undefined ? { accepted: kept.accepted } : {}),
  } as Channel;
  if (!isChannel(channel)) return `${path} names no server that reports could be sent to safely`;
  if (!same) {
    const { reports } = readOutbox(instance, system);
    dropReports(
      reports.filter((report) => report.generation !== 0 && report.generation !== generation),
      system,
    );
  }
  ensureFolder('/var/lib/ubugi', 0o700, system);
  writeChannel(channel, system, false);
  return undefined;
}

/** Nobody takes reports any more. */
function forgetChannel(system: System): void {
  if (system.files.entry(channelPath) === undefined) return;
  for (const { path } of readOutbox('any', system).reports) system.files.remove(path);
  system.files.remove(channelPath);
}
