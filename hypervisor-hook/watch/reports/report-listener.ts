import { connect, type Socket } from 'node:net';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Validator } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../process/clock.ts';
import { type BackOffOptions, backOffMs, type Random } from '../pace/back-off.ts';
import { pause } from '../pace/pause.ts';
import { createTokenBucket, type Pace } from '../pace/token-bucket.ts';
import type { Counters } from '../status/counters.ts';
import { mostReportBytes, readGuestReport } from './guest-report.ts';
import { createLineReader } from './line-reader.ts';

/** What listening to guests needs of the world. */
export interface ListenerPorts {
  readonly validator: Validator<AgentReport>;
  /** Keeps a report. @throws the system's error */
  readonly keep: (instance: string, report: AgentReport) => Promise<void>;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** How guests are listened to. */
export interface ListenerOptions {
  readonly backOff: BackOffOptions;
  /**
   * Lines of one guest, good or not: beyond that the channel is not read, and what the guest sends waits in the guest.
   * So neither memory nor disk nor processor is the guest's to use up.
   */
  readonly pace: Pace;
}

/** A guest that is listened to. */
export interface ListenedGuest {
  readonly name: string;
  readonly instance: string;
  /** Path of the Unix socket. */
  readonly socket: string;
}

/** Listens to one guest until the signal aborts, and connects again when the connection ends. Never throws. */
export async function listenToGuest(
  guest: ListenedGuest,
  ports: ListenerPorts,
  options: ListenerOptions,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const heard = await hear(guest, ports, options, signal);
    failures = heard ? 1 : failures + 1;
    await pause(backOffMs(failures, options.backOff, ports.random), signal);
  }
}

/** One connection. @returns whether anything was heard */
async function hear(
  guest: ListenedGuest,
  ports: ListenerPorts,
  { pace }: ListenerOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const socket = connect({ path: guest.socket, signal });
  const bucket = createTokenBucket(ports.clock, pace);
  const reader = createLineReader(mostReportBytes);
  let heard = false;
  let passedOver = 0;
  let said = false;
  const refuse = (reason: string): void => {
    ports.counters.count('invalidReports');
    // Once a connection: a guest must not fill the host's log.
    if (!said) ports.log(`${guest.name}: what it sent as a report ${reason}`);
    said = true;
  };
  try {
    // Reading goes on when this chunk is done: meanwhile it is QEMU, and then the guest, who waits.
    for await (const chunk of socket as Socket & AsyncIterable<Buffer>) {
      heard = true;
      passedOver += chunk.length;
      const { lines, overlong } = reader.push(chunk);
      if (overlong > 0) refuse(`is longer than ${mostReportBytes} bytes`);
      for (const line of lines) {
        await pause(bucket.take(), signal);
        const reading = readGuestReport(line, guest.instance, ports.validator);
        if (reading.kind === 'refused') refuse(reading.reason);
        else await keep(guest, reading.report, ports);
      }
      if (lines.length > 0) passedOver = 0;
      // Bytes without an end cost as much as lines.
      for (; passedOver > mostReportBytes; passedOver -= mostReportBytes) await pause(bucket.take(), signal);
    }
  } catch {
    // The machine ended or does not listen yet: the next attempt shows.
  } finally {
    socket.destroy();
  }
  return heard;
}

async function keep(
  { name, instance }: ListenedGuest,
  report: AgentReport,
  { keep, counters, log }: ListenerPorts,
): Promise<void> {
  try {
    await keep(instance, report);
    counters.count('collectedReports');
  } catch (error) {
    counters.count('droppedReports');
    log(
      `${name}: its report is lost, because it cannot be kept (${error instanceof Error ? error.message : 'unknown error'})`,
    );
  }
}
