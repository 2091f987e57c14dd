/** Hands one line to the host's log, without waiting until it is written. Never throws. */
export type SystemLog = (line: string) => Promise<void>;

/**
 * The host's log through logger(1): libvirt drops what a hook says unless it fails, and a warning must be seen.
 * A host without logger has the line on standard error only.
 */
export function createSystemLog(): SystemLog {
  return async (line) => {
    const { spawn } = await import('node:child_process');
    const logger = spawn('logger', ['-t', 'ubugi-hypervisor', '-p', 'daemon.warning', '--', line], {
      detached: true,
      stdio: 'ignore',
    });
    logger.on('error', () => undefined);
    logger.unref();
  };
}
