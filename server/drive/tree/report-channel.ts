import { drivePaths } from '../../../schemas/drive-format/drive-layout.ts';
import type { ReportChannel } from '../../../schemas/types/report-channel.ts';
import type { ReportTokens } from '../../reports/report-tokens.ts';
import type { StoredGeneration } from '../../store/store.ts';
import type { DriveFile } from '../drive-file.ts';
import { stableJson } from './stable-json.ts';

/** Where guests send their reports. */
export interface ReportDestination {
  /** URL of the server as guests reach it. */
  readonly url: string;
  /** CA certificates in PEM; undefined: those that guests trust already. */
  readonly caCertificates: string | undefined;
  readonly tokens: Pick<ReportTokens, 'issue'>;
}

/**
 * Where the guest sends its reports, with the token for the next one about this generation; nothing without a destination.
 * @param counter how many reports with tokens came before
 */
export function reportChannelFiles(
  generation: StoredGeneration,
  destination: ReportDestination | undefined,
  counter = 0,
): readonly DriveFile[] {
  if (destination === undefined) return [];
  const { url, caCertificates, tokens } = destination;
  const { instance, number } = generation;
  const channel: ReportChannel = {
    schema: 'https://ubugi.dev/schemas/v1/report-channel.json',
    url: `${url.replace(/\/+$/, '')}/v1/instances/${instance}/reports`,
    token: tokens.issue({ instance, generation: number, counter }),
    ...(caCertificates === undefined ? {} : { caCertificates }),
  };
  return [{ path: drivePaths.reportChannel, content: stableJson(channel, 1) }];
}
