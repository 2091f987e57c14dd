import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formats } from '../../../guest-agent/agent/configuration/formats.ts';
import { createValidators, isCidr } from '../../../schemas/validation/validator.ts';

/** The agent's formats against those that the server validates with. */
describe('formats', () => {
  const validators = createValidators();
  const server = (definition: 'ipv4Address' | 'ipAddress' | 'timestamp') => {
    const validate = validators.common(definition);
    return (text: string): boolean => validate(text).kind === 'valid';
  };
  const near = (...parts: readonly string[]): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((list) => list.join(''));

  test('ipv4 and ipv6', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      near('0', '1', '255', '256', 'ab', 'fffff', ':', '::', '.', 'g'),
    );
    fc.assert(
      fc.property(address, (text) => {
        const ours =
          /^[0-9a-fA-F.:]{2,45}$/.test(text) &&
          (formats['ipv4']?.(text) === true || formats['ipv6']?.(text) === true);
        expect([text, ours]).toEqual([text, server('ipAddress')(text)]);
      }),
      { numRuns: 5000 },
    );
  });
  test('cidr', () => {
    const value = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.nat(140).map(String), fc.string()))
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(value, (text) => {
        expect([text, formats['cidr']?.(text)]).toEqual([text, isCidr(text)]);
      }),
    );
  });
  test('date-time', () => {
    const pad = (value: number): string => String(value).padStart(2, '0');
    const stamp = fc
      .tuple(fc.integer({ min: 0, max: 9999 }), ...[14, 33, 25, 61, 59].map((max) => fc.nat(max)))
      .map(
        ([year, month = 0, day = 0, hour = 0, minute = 0, second = 0]) =>
          `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}Z`,
      );
    fc.assert(
      fc.property(stamp, (text) => {
        expect([text, formats['date-time']?.(text)]).toEqual([text, server('timestamp')(text)]);
      }),
      { numRuns: 3000 },
    );
  });
});
