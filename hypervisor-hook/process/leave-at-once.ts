/**
 * Ends the process while system calls of other threads hang. `process.exit` joins the threads of libuv's pool, and
 * so waits as long as the disk does; replacing the process's image ends them (execve(2)). Never returns.
 */
export function leaveAtOnce(status: 0 | 1): void {
  try {
    process.execve?.(status === 0 ? '/bin/true' : '/bin/false', [status === 0 ? 'true' : 'false'], {});
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}
