import type { FileView } from '../../plan/machine.ts';

/** Subordinate ids that shadow-utils gives to each new account. */
export interface SubordinateRange {
  /** Ids an account; 0: none. */
  readonly count: number;
  readonly least: number;
  readonly most: number;
}

/** What of `/etc/login.defs` (login.defs(5)) decides on accounts; its defaults where it says nothing or is missing. */
export interface LoginDefs {
  /** First number that is not a system account's. */
  readonly uidMin: number;
  /** First number that is not a system group's. */
  readonly gidMin: number;
  readonly subUid: SubordinateRange;
  readonly subGid: SubordinateRange;
}

/** Reads it. */
export function readLoginDefs(view: FileView): LoginDefs {
  const text = view.text('/etc/login.defs') ?? '';
  const number = (name: string, otherwise: number): number => {
    const value = new RegExp(
      `^[ \\t]*${name}[ \\t]+"?(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})"?[ \\t]*$`,
      'm',
    ).exec(text)?.[1];
    if (value === undefined) return otherwise;
    // strtoul(3) with base 0: a leading zero is octal.
    return /^0[0-7]+$/.test(value) ? Number.parseInt(value, 8) : Number(value);
  };
  const range = (kind: 'UID' | 'GID'): SubordinateRange => ({
    count: number(`SUB_${kind}_COUNT`, 65_536),
    least: number(`SUB_${kind}_MIN`, 100_000),
    most: number(`SUB_${kind}_MAX`, 600_100_000),
  });
  return {
    uidMin: number('UID_MIN', 1000),
    gidMin: number('GID_MIN', 1000),
    subUid: range('UID'),
    subGid: range('GID'),
  };
}
