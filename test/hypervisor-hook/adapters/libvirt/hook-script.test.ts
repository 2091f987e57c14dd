import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../../../../hypervisor-hook/adapters/libvirt/qemu.d-ubugi');

describe('the script at /etc/libvirt/hooks/qemu.d/ubugi', () => {
  const phases =
    'start begin,started begin,stopped end,release end,reconnect begin,attach begin,migrate begin,restore begin,prepare end,prepare,'.split(
      ',',
    );
  it.each(phases)('ends at `%s` without the executable, with nothing to read', async (phase) => {
    for (const shell of ['/bin/dash', '/bin/bash']) {
      const run = await execa(shell, [script, 'prepare begin', ...phase.split(' '), '-'], {
        stdin: 'ignore',
        reject: false,
        timeout: 10_000,
        env: { PATH: '/nonexistent' },
        extendEnv: false,
      });
      expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    }
  });
});
