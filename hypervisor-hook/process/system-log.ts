/** Writes one line to the host's log. Never throws and does not wait. */
export type SystemLog = (line: string) => void;

/**
 * The host's log through logger(1): libvirt drops what a hook says unless it fails, and a warning must be seen.
 * A host without logger has the line on standard error only.
 */
export function createSystemLog(): SystemLog {
  return (line) => {
    void import('node:child_process').then(({ spawn }) => {
      const logger = spawn('logger', ['-t', 'ubugi-hypervisor', '-p', 'daemon.warning', '--', line], {
        detached: true,
        stdio: 'ignore',
      });
      logger.on('error', () => undefined);
      logger.unref();
    });
  };
}
