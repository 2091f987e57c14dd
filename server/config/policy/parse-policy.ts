import type { Policy } from '../../../schemas/types/policy.ts';
import type { FieldProblem } from '../../../schemas/validation/field-problem.ts';
import type { Validators } from '../../../schemas/validation/validator.ts';
import type { ParsedPolicy } from '../../domain/policy-document.ts';
import { parseBreakGlassKeys } from './break-glass.ts';
import { checkRoutes } from './routes.ts';
import { parseSudoCommands } from './sudo-rules.ts';
import { createContentCompiler } from './templates.ts';

/** What a policy is read with. */
export interface PolicyChecks {
  readonly validators: Pick<Validators, 'common'>;
  /** Accounts and groups of lower numbers are the system's (`policy.minimumUid` of the configuration). */
  readonly minimumUid: number;
}

/** What the texts of a joined policy stand for, or everything that is wrong beyond its schema. */
export type PolicyParsing =
  | { readonly kind: 'valid'; readonly parsed: ParsedPolicy }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** Notes one problem. @param pointer into the joined policy */
export type Complain = (pointer: string, message: string, remedy: string) => void;

/** Parses keys, commands and templates of a policy that its schema accepted, and checks rules between its fields. */
export function parsePolicy(policy: Policy, checks: PolicyChecks): PolicyParsing {
  const problems: FieldProblem[] = [];
  const complain: Complain = (pointer, message, remedy) => {
    problems.push({ pointer, message, remedy });
  };
  checkRoutes(policy, complain);
  const compileContents = createContentCompiler(complain);
  const parsed: ParsedPolicy = {
    breakGlassKeys: parseBreakGlassKeys(policy.breakGlass ?? [], checks, complain),
    sudoCommands: parseSudoCommands(policy.sudoRules ?? [], checks, complain),
    fileTemplates: compileContents('files', policy.files ?? [], 'none'),
    scriptTemplates: compileContents('scripts', policy.scripts ?? [], 'shell'),
  };
  return problems.length === 0 ? { kind: 'valid', parsed } : { kind: 'invalid', problems };
}
