import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHELLS, type Shell } from './launcher-bench.ts';

const SOURCE = join(import.meta.dirname, '../../../guest-agent/launcher/identify-machine.sh');
const UUID = '00112233-4455-6677-8899-aabbccddeeff';

async function evaluate(shell: Shell, script: string, ...parameters: string[]): Promise<string> {
  const [command = '', ...front] = shell === 'busybox' ? ['busybox', 'sh'] : ['dash'];
  const { stdout } = await execa(command, [...front, '-uc', `. "$0"\n${script}`, SOURCE, ...parameters], {
    timeout: 20_000,
  });
  return stdout;
}

describe.each(SHELLS)('the machine in %s', (shell) => {
  test('has the byte order of old firmware as its second name', async () => {
    const names = await evaluate(shell, 'swap_fields "$1"; echo "$machine_swapped"', UUID);
    expect(names).toBe('33221100-5544-7766-8899-aabbccddeeff');
  });

  test('is known in upper case too', async () => {
    const lowered = await evaluate(shell, 'lower "$1"; echo "$lowered"', UUID.toUpperCase());
    expect(lowered).toBe(UUID);
  });

  test('is told by nothing but a UUID', async () => {
    const valid = fc.uuid().map((text) => [text, true] as const);
    const invalid = fc
      .string({ maxLength: 40 })
      .filter((text) => !text.includes('\0') && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
      .map((text) => [text, false] as const);
    const near = fc
      .tuple(fc.uuid(), fc.integer({ min: 0, max: 35 }), fc.constantFrom('-', 'g', ' ', '', 'A', '*', '\n'))
      .map(([text, at, character]) => [text.slice(0, at) + character + text.slice(at + 1), false] as const)
      .filter(([text]) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text));
    const script = 'for text; do if is_uuid "$text"; then echo true; else echo false; fi; done';
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(valid, invalid, near), { minLength: 20 }), async (cases) => {
        const answers = await evaluate(shell, script, ...cases.map(([text]) => text));
        expect(answers.split('\n')).toEqual(cases.map(([, answer]) => String(answer)));
      }),
      { numRuns: 20 },
    );
  });
});
