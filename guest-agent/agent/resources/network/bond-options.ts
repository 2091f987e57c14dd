import type { Bond } from '../../../../schemas/types/common.ts';
import { guard, guardInteger } from '../../rendering/guard.ts';

const word = /^[a-z0-9][a-z0-9.+-]*$/;

/** Options of a bond under the kernel's names for them (Documentation/networking/bonding.rst), the mode first. */
export function bondOptions({
  mode,
  miimon = 100,
  lacpRate,
  xmitHashPolicy,
}: Bond): readonly (readonly [name: string, value: string])[] {
  return [
    ['mode', guard('bonds[].mode', mode, word)],
    ['miimon', guardInteger('bonds[].miimon', miimon, 1, 10_000)],
    ...(lacpRate === undefined ? [] : [['lacp_rate', guard('bonds[].lacpRate', lacpRate, word)] as const]),
    ...(xmitHashPolicy === undefined
      ? []
      : [['xmit_hash_policy', guard('bonds[].xmitHashPolicy', xmitHashPolicy, word)] as const]),
  ];
}

/** The same in one line, as ifcfg files have them. */
export function bondOptionLine(bond: Bond): string {
  return bondOptions(bond)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
