import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { sampleEvent, sampleGeneration, sampleGuest, sampleId, sampleInstance, stored } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

const hostile: readonly (readonly [string, string])[] = [
  ['SQL', "Robert'); DROP TABLE instances;--"],
  ['placeholders', '${jndi:ldap://x} $1 ? :name @p'],
  ['control characters', 'line\r\nbreak\ttab \u001b[31m \u007f'],
  ['invisible characters', '\u202eevil\u2066 \u200b\ufeff'],
  ['other scripts', 'naïve Ω 日本語 \u{1F98A} e\u0301'],
  ['escapes and patterns', '\\ \\x00 \\u0000 %00 %s _ * ? [a-z]'],
  ['a long text', 'x'.repeat(100_000)],
  ['nothing', ''],
  ['a blank', ' '],
];

/** Text that is out to do harm, or only unusual, comes back as it was. */
export function describeHostileText(backend: StoreBackend): void {
  describe('hostile text', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
    });

    test.each(hostile)('%s comes back as it was', async (_, text) => {
      const instance = { ...sampleInstance(1, { name: text, site: text, tags: [text] }), locator: text };
      const generation = sampleGeneration(1, {
        actor: text,
        reason: text,
        scripts: [{ name: 's', content: text }],
      });
      const event = sampleEvent({ actor: text, action: text, reason: text, details: { [text]: text } });
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([instance]);
        await transaction.appendGenerations([generation]);
        await transaction.appendEvent(event);
      });
      expect(await store.instance(sampleId(1))).toMatchObject({ record: instance.record, locator: text });
      expect(await store.newestGeneration(sampleId(1))).toEqual(stored(generation, 1));
      expect(await store.events({ limit: 1 })).toEqual([{ ...event, id: 1 }]);
      expect(await store.instancesNamed(text)).toHaveLength(1);
      expect(
        (await store.instances({ selection: { tag: text, site: text }, limit: 1 })).instances,
      ).toHaveLength(1);
    });

    test('NUL and lone surrogates are kept in JSON and replaced in plain text, never an error', async () => {
      const text = 'a\0b\ud800c';
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(1, { name: text, tags: [text] })]);
        await transaction.appendGenerations([sampleGeneration(1, { reason: text })]);
        await transaction.appendEvent(sampleEvent({ reason: text, details: { text } }));
      });
      expect(await store.instance(sampleId(1))).toMatchObject({ record: { name: text, tags: [text] } });
      expect(await store.events({ limit: 1 })).toMatchObject([
        { reason: 'a\ufffdb\ufffdc', details: { text } },
      ]);
      expect(await store.instancesNamed(text)).toHaveLength(1);
      expect((await store.instances({ selection: { tag: `${text}*` }, limit: 1 })).instances).toHaveLength(1);
      expect(await store.tokenBySecretHash(text)).toBeUndefined();
    });

    test('any JSON in a generation comes back the same', async () => {
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'binary' }), async (value, content) => {
          const guest = { ...sampleGuest(1), extra: value };
          const generation = sampleGeneration(1, { guest, scripts: [{ name: 's', content }] });
          await store.transaction((transaction) => transaction.appendGenerations([generation]));
          const read = await store.newestGeneration(sampleId(1));
          expect(JSON.stringify(read?.guest)).toBe(JSON.stringify(generation.composition.guest));
          expect(read?.scripts).toEqual([{ name: 's', content }]);
        }),
        { numRuns: 50 },
      );
    });

    test('a pattern matches as its asterisks say, whatever else is in it', async () => {
      const alphabet = fc.constantFrom('a', 'B', '*', '%', '_', '\\', '?', '[', ']', '^', '-', "'", '日');
      const text = fc.string({ unit: alphabet, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(text, text, async (pattern, name) => {
          await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1, { name })]));
          const { instances } = await store.instances({ selection: { name: pattern }, limit: 1 });
          const expected = new RegExp(
            `^${pattern
              .split('*')
              .map((part) => RegExp.escape(part))
              .join('.*')}$`,
            'su',
          ).test(name);
          expect(instances.length === 1).toBe(expected);
        }),
        { numRuns: 200 },
      );
    });
  });
}
