import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Changes, readChanges } from '../../../hypervisor-hook/watch/feed/changes-answer.ts';
import { applyChanges, emptyState } from '../../../hypervisor-hook/watch/state/host-state.ts';

const one = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const two = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d02';
const now = new Date('2026-03-10T12:00:00Z');
const good = {
  cursor: 'c',
  complete: true,
  payload: 'p',
  instances: [{ instance: one, name: 'web-01', state: 'placed', generation: 3 }],
};
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function changes(more: Partial<Changes>): Changes {
  return { cursor: 'c', complete: false, payload: 'p', instances: [], ...more };
}
const placed = (instance: string, generation: number | null = 1) =>
  ({ instance, name: 'n', state: 'placed', generation }) as const;

describe('an answer with changes', () => {
  it('is read, with members that are not known yet', () => {
    expect(readChanges(bytes({ ...good, more: 1 }))).toEqual(good);
    const gone = { instance: one, name: 'web-01', state: 'gone', since: 'x' };
    expect(readChanges(bytes({ ...good, instances: [gone] }))?.instances).toEqual([
      { instance: one, name: 'web-01', state: 'gone', generation: null },
    ]);
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['no cursor', { ...good, cursor: undefined }],
    ['no payload', { ...good, payload: 1 }],
    [
      'an instance that is a path',
      { ...good, instances: [{ ...good.instances[0], instance: '../../../etc/x' }] },
    ],
    [
      'an instance in capitals',
      { ...good, instances: [{ ...good.instances[0], instance: one.toUpperCase() }] },
    ],
    ['another state', { ...good, instances: [{ ...good.instances[0], state: 'lost' }] }],
    ['a generation of nought', { ...good, instances: [{ ...good.instances[0], generation: 0 }] }],
  ])('is none with %s', (_what, value) => {
    expect(readChanges(bytes(value))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readChanges(bytes(value))));
    expect(readChanges(Buffer.from('{'))).toBeUndefined();
  });
});

describe('the state of a host', () => {
  it('counts what is told, so that nothing that comes meanwhile is lost', () => {
    const first = applyChanges(emptyState, changes({ instances: [placed(one)] }), now);
    const second = applyChanges(first.state, changes({ instances: [placed(one, 2)] }), now);
    expect(second.touched).toEqual([one]);
    expect(second.state.instances.get(one)).toMatchObject({ newest: 2, told: 2, done: 0 });
  });

  it('takes what a complete answer does not list for gone, from now on', () => {
    const before = applyChanges(emptyState, changes({ instances: [placed(one), placed(two)] }), now).state;
    const { state, touched } = applyChanges(
      before,
      changes({ complete: true, instances: [placed(one)] }),
      now,
    );
    expect([...touched].sort()).toEqual([one, two]);
    expect(state.instances.get(two)).toMatchObject({ state: 'gone', goneAt: now.toISOString() });
    const later = new Date('2026-03-11T12:00:00Z');
    const again = applyChanges(state, changes({ complete: true, instances: [placed(one)] }), later).state;
    expect(again.instances.get(two)).toMatchObject({ goneAt: now.toISOString() });
    const back = applyChanges(again, changes({ instances: [placed(two)] }), later).state.instances.get(two);
    expect(back).toMatchObject({ state: 'placed' });
    expect(back).not.toHaveProperty('goneAt');
  });

  it('has every drive to fetch again after another payload', () => {
    const before = applyChanges(emptyState, changes({ instances: [placed(one), placed(two)] }), now).state;
    const { touched } = applyChanges(before, changes({ payload: 'q' }), now);
    expect([...touched].sort()).toEqual([one, two]);
    expect(applyChanges(before, changes({}), now).touched).toEqual([]);
  });
});
