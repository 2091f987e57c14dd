import type { PublicKey, SudoCommand } from '../../schemas/types/common.ts';
import type { Policy } from '../../schemas/types/policy.ts';
import type { Template } from './template/template.ts';

/** What texts of a policy stand for, by the place of their rule in its list; parsed once, when the policy is read. */
export interface ParsedPolicy {
  /** Keys of each break-glass account. */
  readonly breakGlassKeys: readonly (readonly PublicKey[])[];
  /** Commands of each rule of `sudoRules`, negated ones last. */
  readonly sudoCommands: readonly (readonly SudoCommand[])[];
  /** Templates of `files`, where the rule has one. */
  readonly fileTemplates: ReadonlyMap<number, Template>;
  /** Templates of `scripts`, where the rule has one. */
  readonly scriptTemplates: ReadonlyMap<number, Template>;
}

/** A policy read from its files, with the way back to their lines. */
export interface PolicyDocument {
  readonly policy: Policy;
  readonly parsed: ParsedPolicy;
  /** SHA-256 over the files' contents: the policy's version. */
  readonly version: string;
  /** File and line of the value that a JSON pointer into `policy` names. */
  locate(pointer: string): { readonly file: string; readonly line: number };
}
