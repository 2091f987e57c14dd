import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FileProblem } from '../../schemas/validation/yaml-document.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';
import type { ConfigurationReading } from './configuration.ts';
import { readServerToken } from './server-token.ts';
import { readTrustedSigners } from './trusted-signers.ts';

/** Everything that is wrong with a configuration and with the files and folders that it names; empty if nothing is. */
export async function checkConfiguration(
  reading: ConfigurationReading,
  file: string,
): Promise<readonly FileProblem[]> {
  if (reading.kind === 'invalid') return reading.problems;
  const { configuration, lineOf } = reading;
  const { server } = configuration;
  const found = await Promise.all([
    problemOf('/server/tokenFile', 'put a token of role hypervisor there, for root only', async () => {
      const token = await readServerToken(server.tokenFile);
      return token.kind === 'unusable' ? token.reason : undefined;
    }),
    problemOf('/trustedSigners', "copy the server's trusted signers there", async () => {
      const signers = await readTrustedSigners(configuration.trustedSigners);
      return signers.kind === 'unusable' ? signers.reason : undefined;
    }),
    problemOf('/server/caFile', 'put CA certificates in PEM there', () => caProblem(server.caFile)),
    problemOf('/driveFolder', 'create the folder', () => folderProblem(configuration.driveFolder)),
    problemOf('/stateFolder', 'create the folder with mode 0700', () =>
      folderProblem(configuration.stateFolder),
    ),
  ]);
  return found
    .filter((problem) => problem !== undefined)
    .map((problem) => ({ file, line: lineOf(problem.pointer), ...problem }));
}

type Problem = Pick<FileProblem, 'pointer' | 'message' | 'remedy'>;

async function problemOf(
  pointer: string,
  remedy: string,
  check: () => Promise<string | undefined>,
): Promise<Problem | undefined> {
  const reason = await check();
  return reason === undefined ? undefined : { pointer, message: `is not usable: ${reason}`, remedy };
}

async function caProblem(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const reading = await readRegularFile(file, { mostBytes: 16 * 1024 * 1024, followLinks: true });
  if (reading.kind === 'absent') return `the CA file ${file} does not exist`;
  if (reading.kind === 'unusable') return `the CA file ${file} ${reading.reason}`;
  return isCertificate(reading.bytes) ? undefined : `the CA file ${file} holds no certificate in PEM`;
}

function isCertificate(pem: Buffer): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

async function folderProblem(folder: string): Promise<string | undefined> {
  const status = await stat(folder).catch(() => undefined);
  if (status === undefined) return `the folder ${folder} does not exist`;
  if (!status.isDirectory()) return `${folder} is not a folder`;
  return (status.mode & 0o002) === 0 ? undefined : `the folder ${folder} can be written by every user`;
}
