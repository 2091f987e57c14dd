import { createHmac, timingSafeEqual } from 'node:crypto';
import { type InstanceId, parseInstanceId } from '../domain/identifiers.ts';

/** What a report token stands for: one report of an instance about a generation. */
export interface ReportTicket {
  readonly instance: InstanceId;
  readonly generation: number;
  /** How many reports with tokens came before; the drive carries 0. */
  readonly counter: number;
}

/** Makes and recognises report tokens; whether one was used already is for the store to say. */
export interface ReportTokens {
  /** `ubugi-report.INSTANCE.GENERATION.COUNTER.MAC`, always the same for the same ticket. */
  issue(ticket: ReportTicket): string;
  /** What a token stands for; undefined if this server has not made it. Takes the same time for any MAC. */
  recognise(token: string): ReportTicket | undefined;
}

/** How every report token begins. */
export const reportTokenPrefix = 'ubugi-report.';

const form = /^ubugi-report\.([0-9a-f-]{36})\.([1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.([A-Za-z0-9_-]{43})$/;

/**
 * Tokens of HMAC-SHA256. They are derived and not drawn, so that a drive is the same whenever it is built.
 * @param key 32 bytes that only the servers of one company know
 */
export function createReportTokens(key: Uint8Array): ReportTokens {
  const macOf = ({ instance, generation, counter }: ReportTicket): Buffer =>
    createHmac('sha256', key).update(`${instance}\n${generation}\n${counter}`).digest();

  return {
    issue: (ticket) => {
      const { instance, generation, counter } = ticket;
      return `${reportTokenPrefix}${instance}.${generation}.${counter}.${macOf(ticket).toString('base64url')}`;
    },
    recognise: (token) => {
      const [, id = '', generation = '', counter = '', mac = ''] = form.exec(token) ?? [];
      const instance = parseInstanceId(id);
      if (instance === undefined) return undefined;
      const ticket = { instance, generation: Number(generation), counter: Number(counter) };
      return timingSafeEqual(macOf(ticket), Buffer.from(mac, 'base64url')) ? ticket : undefined;
    },
  };
}
