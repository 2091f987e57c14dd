import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { GuestRule } from '../../../schemas/types/policy.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { type Choice, choose } from './choice.ts';
import { policySource } from './policy-source.ts';
import type { SourceBook } from './source-book.ts';

/** Settings of `guests`, by their names in the policy. */
type Setting = Exclude<keyof GuestRule, 'name' | 'match'>;

/** How a guest is handled: of each setting that of the first rule that applies and names it. */
export type Handling = { readonly [Name in Setting]?: Choice<NonNullable<GuestRule[Name]>> };

/** Subject of each setting's line (`ownLines`). */
const subjects: Readonly<Record<Setting, string>> = {
  guest: 'delivery',
  network: 'network',
  adoptAccounts: 'adoptAccounts',
  sessions: 'sessions',
  repairMinutes: 'repairMinutes',
  driveDays: 'driveDays',
};

/** @param rules places of the rules that apply */
export function composeHandling(rules: readonly number[], policy: PolicyDocument): Handling {
  const first = <Name extends Setting>(name: Name): Pick<Handling, Name> => {
    let chosen: Choice<NonNullable<GuestRule[Name]>> | undefined;
    for (const index of rules) {
      const rule = policy.policy.guests?.[index];
      const value = rule?.[name];
      if (rule === undefined || value === undefined) continue;
      const source = policySource(policy, `/guests/${index}/${name}`, rule.name);
      chosen = choose(chosen, value, source, isSameSetting);
    }
    return (chosen === undefined ? {} : { [name]: chosen }) as Pick<Handling, Name>;
  };
  return {
    ...first('guest'),
    ...first('network'),
    ...first('adoptAccounts'),
    ...first('sessions'),
    ...first('repairMinutes'),
    ...first('driveDays'),
  };
}

/** As it stands in the guest configuration, beside its network: absent where a guest does so unasked. */
export function handlingSection({
  guest,
  adoptAccounts,
  sessions,
  repairMinutes,
  driveDays,
}: Handling): Pick<
  GuestConfiguration,
  'delivery' | 'adoptAccounts' | 'sessions' | 'repairMinutes' | 'driveDays'
> {
  return {
    ...(guest?.value === 'cloud-config' ? { delivery: guest.value } : {}),
    ...(adoptAccounts?.value === true ? { adoptAccounts: true } : {}),
    ...(sessions === undefined || sessions.value === 'end' ? {} : { sessions: sessionsOf(sessions.value) }),
    ...(repairMinutes === undefined || repairMinutes.value === 0
      ? {}
      : { repairMinutes: repairMinutes.value }),
    ...(driveDays === undefined || driveDays.value === 0 ? {} : { driveDays: driveDays.value }),
  };
}

/** When a change of the network takes effect, as it stands in the guest configuration. */
export function liveNetwork({ network }: Handling): Pick<GuestConfiguration['network'], 'live'> {
  return network?.value === 'live' ? { live: true } : {};
}

/** Notes where the settings come from. */
export function noteHandling(handling: Handling, book: SourceBook): void {
  for (const [name, subject] of Object.entries(subjects) as [Setting, string][]) {
    book.note('guest', subject, ...(handling[name]?.sources ?? []));
  }
}

function sessionsOf(
  value: Exclude<NonNullable<GuestRule['sessions']>, 'end'>,
): NonNullable<GuestConfiguration['sessions']> {
  return value === 'keep' ? { keep: true } : { endAfterMinutes: value.endAfterMinutes };
}

/** All but one are plain values, and that one is an object of one. */
function isSameSetting(
  one: NonNullable<GuestRule[Setting]>,
  other: NonNullable<GuestRule[Setting]>,
): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
