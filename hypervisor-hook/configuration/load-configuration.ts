import type { HypervisorConfiguration } from '../../schemas/types/hypervisor-configuration.ts';
import type { Validator } from '../../schemas/validation/validator.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';
import { type ConfigurationReading, readConfiguration } from './configuration.ts';

const mostConfigurationBytes = 256 * 1024;

/** Reads the configuration file. A file that cannot be read is a problem of the file, not an exception. */
export async function loadConfiguration(
  file: string,
  validator: Validator<HypervisorConfiguration>,
): Promise<ConfigurationReading> {
  const reading = await readRegularFile(file, { mostBytes: mostConfigurationBytes, followLinks: true });
  if (reading.kind === 'file') return readConfiguration(reading.bytes.toString('utf8'), file, validator);
  const message = reading.kind === 'absent' ? 'does not exist' : reading.reason;
  const remedy = 'put the configuration there, or name another file with --config';
  return { kind: 'invalid', problems: [{ file, line: 1, pointer: '', message, remedy }] };
}
