import { InvalidArgumentError } from 'commander';
import type { InstanceSelection } from '../../store/store.ts';

/** Keys of `--where`. */
const keys: readonly (keyof InstanceSelection)[] = [
  'name',
  'project',
  'site',
  'owner',
  'tag',
  'osFamily',
  'hypervisor',
];

/** What `--where` takes, for `--help`. */
export const whereHelp = `only instances where K is V; \`*\` in V stands for any characters; repeatable, all must hold (K: ${keys.join(', ')})`;

/** One `K=V` added to the earlier ones. Fails with a usage error on an unknown key, no value, or a key given twice. */
export function collectWhere(text: string, earlier: InstanceSelection | undefined): InstanceSelection {
  const equals = text.indexOf('=');
  const key = keys.find((known) => known === text.slice(0, Math.max(0, equals)));
  if (key === undefined) throw new InvalidArgumentError(`Write K=V with K one of ${keys.join(', ')}.`);
  const value = text.slice(equals + 1);
  if (value === '') throw new InvalidArgumentError(`${key} has no value.`);
  if (earlier?.[key] !== undefined) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...earlier, [key]: value };
}
