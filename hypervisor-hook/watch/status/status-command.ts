import type { HypervisorConfiguration } from '../../../schemas/types/hypervisor-configuration.ts';
import type { Validator } from '../../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../../schemas/validation/yaml-document.ts';
import { loadConfiguration } from '../../configuration/load-configuration.ts';
import { watchFolder } from '../watch-folder.ts';
import { showStatus } from './show-status.ts';

/** What the command needs of the process. */
export interface StatusCommandPorts {
  readonly validator: Validator<HypervisorConfiguration>;
  readonly now: () => Date;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Shows one line to people. */
  readonly say: (line: string) => void;
}

/**
 * `ubugi-hypervisor status`: shows what the daemon wrote of itself. @param file absolute path of the configuration
 * @returns the exit status: 0 while the daemon runs
 */
export async function statusCommand(
  file: string,
  json: boolean,
  { validator, now, print, say }: StatusCommandPorts,
): Promise<number> {
  const reading = await loadConfiguration(file, validator);
  if (reading.kind === 'invalid') {
    for (const problem of reading.problems) say(formatFileProblem(problem));
    return 1;
  }
  try {
    const { text, running } = await showStatus(watchFolder(reading.configuration.stateFolder), json, now());
    print(text);
    return running ? 0 : 1;
  } catch (error) {
    say(`ubugi-hypervisor: ${error instanceof Error ? error.message : 'the status cannot be read'}`);
    return 1;
  }
}
