import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** The server's log: one JSON object a line. */
export type Log = Logger;

/** Names under which a secret could reach the log, at the top of an entry or one or two levels down. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'secretSha256',
  'token',
  'privateKey',
  'userData',
  'randomSeed',
];

/**
 * Creates the log. Everything that is logged goes through this one redaction; nothing else removes secrets.
 * @param destination where lines go; standard output if absent
 */
export function createLog(level: Config['log']['level'], destination?: DestinationStream): Log {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string): object => ({ level: label }) },
    redact: {
      paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
