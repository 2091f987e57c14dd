import { type Check, type Checked, type EntryReader, refused } from './entry-reader.ts';
import { parseGeneralizedTime } from './sudo/generalized-time.ts';

/** Whether an account may be used, and until when. */
export type AccountState =
  | { readonly kind: 'disabled'; readonly attribute: string; readonly reason: string }
  | {
      readonly kind: 'enabled';
      /** The earliest end that the entry names (RFC 3339), and the attribute. */
      readonly end: { readonly notAfter: string; readonly attribute: string } | undefined;
      /** The account begins then, by pwdStartTime (RFC 3339). */
      readonly start: string | undefined;
    };

/** The value by which an administrator locks for good (draft-behera-ldap-password-policy, section 5.3.3). */
const lockedForGood = '000001010000Z';
const accountDisable = 0x2;
const secondsPerDay = 86_400;
/** 1601-01-01, where the clock of Active Directory begins, in seconds of Unix. */
const fileTimeEpoch = -11_644_473_600n;
const fileTimePerSecond = 10_000_000n;
const fileTimeNever: ReadonlySet<bigint> = new Set([0n, 0x7fff_ffff_ffff_ffffn]);
/** Seconds at the end of year 9999: what ends later does not end. */
const latestSecond = 253_402_300_799;

/** The checks of attributes that end an account at some time; undefined: it does not end. */
const ends: Readonly<Record<string, Check<string | undefined>>> = {
  shadowExpire: parseShadowExpire,
  accountExpires: parseAccountExpires,
  krbPrincipalExpiration: parseGeneralizedTime,
  loginExpirationTime: parseGeneralizedTime,
  pwdEndTime: parseGeneralizedTime,
};

/**
 * Reads the locks and ends that directories know: shadowExpire (RFC 2307), pwdAccountLockedTime, pwdStartTime and pwdEndTime
 * (ppolicy), nsAccountLock (389 Directory Server, FreeIPA), loginDisabled and loginExpirationTime (eDirectory),
 * userAccountControl and accountExpires (Active Directory), msDS-UserAccountDisabled (its Lightweight Directory Services),
 * krbPrincipalExpiration (FreeIPA). A value that is not understood is a problem of the entry.
 */
export function readAccountState(reader: EntryReader): AccountState {
  for (const attribute of ['nsAccountLock', 'loginDisabled', 'msDS-UserAccountDisabled']) {
    if (reader.optional(attribute, parseBoolean) === true) {
      return disabledBy(attribute, 'is TRUE');
    }
  }
  const control = reader.optional('userAccountControl', parseInteger) ?? 0;
  if ((control & accountDisable) !== 0) {
    return disabledBy('userAccountControl', 'has ACCOUNTDISABLE');
  }
  // Other times are lock-outs after wrong passwords, which pass; anybody could cause them.
  if (reader.texts('pwdAccountLockedTime').includes(lockedForGood)) {
    return disabledBy('pwdAccountLockedTime', `is ${lockedForGood}`);
  }
  const [end] = Object.entries(ends)
    .flatMap(([attribute, check]) => {
      const notAfter = reader.optional(attribute, check);
      return notAfter === undefined ? [] : [{ notAfter, attribute }];
    })
    .sort((one, other) => (one.notAfter < other.notAfter ? -1 : 1));
  return { kind: 'enabled', end, start: reader.optional('pwdStartTime', parseGeneralizedTime) };
}

function disabledBy(attribute: string, says: string): AccountState {
  return { kind: 'disabled', attribute, reason: `${attribute} ${says}` };
}

function parseBoolean(text: string): Checked<boolean> {
  if (/^true$/i.test(text)) return { kind: 'ok', value: true };
  if (/^false$/i.test(text)) return { kind: 'ok', value: false };
  return refused('is neither TRUE nor FALSE', 'correct it');
}

function parseInteger(text: string): Checked<number> {
  if (/^-?\d{1,10}$/.test(text)) return { kind: 'ok', value: Number(text) };
  return refused('is not a number', 'correct it');
}

/** Days since 1970; the account ends as the day begins. -1 is never (shadow(5)). */
function parseShadowExpire(text: string): Checked<string | undefined> {
  const days = parseInteger(text);
  if (days.kind === 'refused') return days;
  if (days.value < -1) return refused('is below -1', 'give a number of days since 1970, or -1');
  return { kind: 'ok', value: days.value === -1 ? undefined : timestamp(days.value * secondsPerDay) };
}

/** Intervals of 100 ns since 1601; 0 and the largest number are never. */
function parseAccountExpires(text: string): Checked<string | undefined> {
  if (!/^\d{1,19}$/.test(text)) return refused('is not a number', 'correct it');
  const intervals = BigInt(text);
  if (fileTimeNever.has(intervals)) return { kind: 'ok', value: undefined };
  const seconds = Number(intervals / fileTimePerSecond + fileTimeEpoch);
  return { kind: 'ok', value: timestamp(Math.max(0, seconds)) };
}

function timestamp(seconds: number): string | undefined {
  if (seconds > latestSecond) return undefined;
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
