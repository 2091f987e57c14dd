import type { Policy } from '../../schemas/types/policy.ts';

/** A policy read from its files, with the way back to their lines. */
export interface PolicyDocument {
  readonly policy: Policy;
  /** SHA-256 over the files' contents: the policy's version. */
  readonly version: string;
  /** File and line of the value that a JSON pointer into `policy` names. */
  locate(pointer: string): { readonly file: string; readonly line: number };
}
