import { ed25519KeyType, rawKeyOfBlob } from './ed25519-key.ts';

/** One line of an allowed signers file (ssh-keygen(1), ALLOWED SIGNERS). */
export interface AllowedSigner {
  /** Patterns of principals, such as `ubugi` or `*@example.com`, possibly negated with `!`. */
  readonly principals: readonly string[];
  /** Patterns of namespaces; undefined: any. */
  readonly namespaces: readonly string[] | undefined;
  readonly validAfter: Date | undefined;
  readonly validBefore: Date | undefined;
  /** The key as SSH sends it. */
  readonly publicKey: Buffer;
}

/** What an allowed signers file says, or what is wrong with which of its lines. */
export type AllowedSigners =
  | { readonly kind: 'valid'; readonly signers: readonly AllowedSigner[] }
  | {
      readonly kind: 'invalid';
      readonly problems: readonly { readonly line: number; readonly message: string }[];
    };

/**
 * Parses an allowed signers file. Ed25519 keys only; `cert-authority` is refused, because a drive is signed by a
 * key and not by a certificate. Never throws.
 */
export function parseAllowedSigners(text: string): AllowedSigners {
  const signers: AllowedSigner[] = [];
  const problems: { line: number; message: string }[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return;
    const signer = parseLine(content);
    if (typeof signer === 'string') problems.push({ line: index + 1, message: signer });
    else signers.push(signer);
  });
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', signers };
}

/** The first line that lets this key sign as `principal` in `namespace` at this time. */
export function findSigner(
  signers: readonly AllowedSigner[],
  wanted: {
    readonly publicKey: Uint8Array;
    readonly principal: string;
    readonly namespace: string;
    readonly now: Date;
  },
): AllowedSigner | undefined {
  return signers.find(
    (signer) =>
      signer.publicKey.equals(wanted.publicKey) &&
      matchesPatterns(wanted.principal, signer.principals) &&
      (signer.namespaces === undefined || matchesPatterns(wanted.namespace, signer.namespaces)) &&
      (signer.validAfter === undefined || wanted.now >= signer.validAfter) &&
      (signer.validBefore === undefined || wanted.now <= signer.validBefore),
  );
}

/** A line for an allowed signers file. */
export function renderAllowedSigner(principal: string, namespace: string, publicKey: Uint8Array): string {
  return `${principal} namespaces="${namespace}" ${ed25519KeyType} ${Buffer.from(publicKey).toString('base64')}`;
}

/** ssh's pattern list: some pattern matches and no negated one does (ssh_config(5), PATTERNS). */
function matchesPatterns(value: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(value, negated ? pattern.slice(1) : pattern)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `*` and `?` matching in time linear in the product of the lengths. */
function matchesPattern(value: string, pattern: string): boolean {
  let states = new Set([0]);
  const closure = (from: Set<number>): Set<number> => {
    for (const state of from) if (pattern[state] === '*') from.add(state + 1);
    return from;
  };
  states = closure(states);
  for (const character of value) {
    const next = new Set<number>();
    for (const state of states) {
      if (pattern[state] === '*') next.add(state);
      else if (pattern[state] === '?' || pattern[state] === character) next.add(state + 1);
    }
    states = closure(next);
  }
  return states.has(pattern.length);
}

function parseLine(line: string): AllowedSigner | string {
  const fields = splitFields(line);
  if (fields === undefined) return 'a quotation mark is not closed';
  const [principals, second, ...others] = fields;
  if (principals === undefined || second === undefined)
    return 'a line is: principals [options] ssh-ed25519 KEY';
  const withOptions = !isKeyType(second);
  const options = withOptions ? parseOptions(second) : noOptions;
  if (typeof options === 'string') return options;
  const [type, key] = withOptions ? others : [second, ...others];
  if (type !== ed25519KeyType) return 'the key is not of type ssh-ed25519';
  const publicKey = Buffer.from(key ?? '', 'base64');
  if (publicKey.toString('base64') !== key || rawKeyOfBlob(publicKey) === undefined) {
    return 'the key is not proper base64 of an Ed25519 public key';
  }
  return { ...options, principals: unquote(principals).split(','), publicKey };
}

function isKeyType(field: string): boolean {
  return /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+$/.test(field);
}

/** Fields parted by blanks that are not within quotation marks; undefined if a mark is left open. */
function splitFields(line: string): readonly string[] | undefined {
  const fields = line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  return (line.split('"').length - 1) % 2 === 0 ? fields : undefined;
}

type Options = Pick<AllowedSigner, 'namespaces' | 'validAfter' | 'validBefore'>;

const noOptions: Options = { namespaces: undefined, validAfter: undefined, validBefore: undefined };

function parseOptions(field: string): Options | string {
  let options = noOptions;
  for (const option of field.match(/(?:"[^"]*"|[^,"])+/g) ?? []) {
    const equals = option.indexOf('=');
    const name = (equals < 0 ? option : option.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? '' : unquote(option.slice(equals + 1));
    switch (name) {
      case 'namespaces':
        options = { ...options, namespaces: value.split(',') };
        break;
      case 'valid-after':
      case 'valid-before': {
        const time = parseTime(value);
        if (time === undefined) return `${name} is not a time such as 20260102 or 20260102030405Z`;
        options =
          name === 'valid-after' ? { ...options, validAfter: time } : { ...options, validBefore: time };
        break;
      }
      case 'cert-authority':
        return 'cert-authority is not allowed: name the signing key itself';
      default:
        return 'an option is not known';
    }
  }
  return options;
}

function unquote(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
}

/** YYYYMMDD[HHMM[SS]], in the local time zone, or in UTC with a final Z. */
function parseTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const parts = [year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0] as const;
  const time = match[7] === 'Z' ? new Date(Date.UTC(...parts)) : new Date(...parts);
  const monthRead = match[7] === 'Z' ? time.getUTCMonth() : time.getMonth();
  return monthRead === parts[1] ? time : undefined;
}
