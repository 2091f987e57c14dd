/** Dotted quad without leading zeros (RFC 6943, section 3.1.1). */
export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** IPv6 address without zone (RFC 4291, section 2.2). */
export function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const [head = '', tail] = halves;
  const headWords = words(head, tail === undefined);
  const tailWords = words(tail ?? '', true);
  if (headWords === undefined || tailWords === undefined) return false;
  return tail === undefined ? headWords === 8 : headWords + tailWords <= 7;
}

/** Number of 16-bit words in a run without `::`; `undefined` if it is not one. */
function words(run: string, atEnd: boolean): number | undefined {
  if (run === '') return 0;
  const parts = run.split(':');
  const last = parts[parts.length - 1] ?? '';
  const embedded = atEnd && last.includes('.');
  if (embedded && !isIpv4(last)) return undefined;
  const hex = embedded ? parts.slice(0, -1) : parts;
  if (!hex.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined;
  return hex.length + (embedded ? 2 : 0);
}

/** Address with prefix length, such as 192.0.2.10/24. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^[0-9]{1,3}$/.test(length)) return false;
  const address = text.slice(0, slash);
  return isIpv4(address) ? Number(length) <= 32 : isIpv6(address) && Number(length) <= 128;
}

/** UTC date and time that exists (RFC 3339, section 5.7); a leap second is not taken. */
export function isDateTime(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?Z$/.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** The formats that `schemas/v1` uses, for the validators that the build generates. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  ip: (text) => isIpv4(text) || isIpv6(text),
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: isCidr,
  'date-time': isDateTime,
};
