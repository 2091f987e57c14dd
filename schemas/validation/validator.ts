import { isIPv4, isIPv6 } from 'node:net';
import { Ajv2020 as Ajv, type ErrorObject } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { AgentReport } from '../types/agent-report.ts';
import type { GuestConfiguration } from '../types/guest-configuration.ts';
import type { HypervisorConfiguration } from '../types/hypervisor-configuration.ts';
import type { InstanceRecord } from '../types/instance-record.ts';
import type { Manifest } from '../types/manifest.ts';
import type { Policy } from '../types/policy.ts';
import type { ServerConfiguration } from '../types/server-configuration.ts';
import agentReport from '../v1/agent-report.json' with { type: 'json' };
import api from '../v1/api.json' with { type: 'json' };
import common from '../v1/common.json' with { type: 'json' };
import guestConfiguration from '../v1/guest-configuration.json' with { type: 'json' };
import hypervisorConfiguration from '../v1/hypervisor-configuration.json' with { type: 'json' };
import instanceRecord from '../v1/instance-record.json' with { type: 'json' };
import manifest from '../v1/manifest.json' with { type: 'json' };
import policy from '../v1/policy.json' with { type: 'json' };
import serverConfiguration from '../v1/server-configuration.json' with { type: 'json' };
import { type FieldProblem, fieldProblem, tellingErrors } from './field-problem.ts';

/** What a schema accepted, or everything that is wrong with the value. */
export type Validated<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** Checks a parsed value against one schema. Never changes the value, but for defaults where the schema names them. */
export type Validator<T> = (value: unknown) => Validated<T>;

/** Validators of every schema, compiled once by {@link createValidators}. */
export interface Validators {
  readonly agentReport: Validator<AgentReport>;
  readonly guestConfiguration: Validator<GuestConfiguration>;
  readonly hypervisorConfiguration: Validator<HypervisorConfiguration>;
  readonly instanceRecord: Validator<InstanceRecord>;
  readonly manifest: Validator<Manifest>;
  readonly policy: Validator<Policy>;
  readonly serverConfiguration: Validator<ServerConfiguration>;
  /** One definition of `schemas/v1/api.json`, such as `regenerateRequest`. */
  api<T>(definition: keyof (typeof api)['$defs']): Validator<T>;
  /** One definition of `schemas/v1/common.json`, such as `accountName`. */
  common<T>(definition: keyof (typeof common)['$defs']): Validator<T>;
}

/** An IPv4 address in four decimal parts, or an IPv6 address without zone. */
export function isIpAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'));
}

/** Address with prefix length: the address parses and the length fits its family. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return false;
  const address = text.slice(0, slash);
  const length = Number(text.slice(slash + 1));
  if (isIPv4(address)) return length <= 32;
  return isIPv6(address) && !address.includes('%') && length <= 128;
}

/** Compiles all schemas. Takes some 50 ms: call it once, in a composition root. */
export function createValidators(): Validators {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    useDefaults: true,
    // Checks the one branch that `kind` names: its defaults apply, and no other branch complains.
    discriminator: true,
    // Errors carry their schema, which names the kinds.
    verbose: true,
  });
  // The CommonJS module's default export is the function or the namespace, by loader and bundler.
  const addFormats = ('default' in addFormatsModule
    ? addFormatsModule.default
    : addFormatsModule) as unknown as (ajv: Ajv, formats: readonly string[]) => void;
  addFormats(ajv, ['ipv4', 'ipv6', 'date-time']);
  ajv.addFormat('ip', { type: 'string', validate: isIpAddress });
  ajv.addFormat('cidr', { type: 'string', validate: isCidr });
  for (const schema of [
    common,
    agentReport,
    api,
    guestConfiguration,
    hypervisorConfiguration,
    instanceRecord,
    manifest,
    policy,
    serverConfiguration,
  ]) {
    ajv.addSchema(schema);
  }

  function validator<T>(reference: string): Validator<T> {
    return (value) => {
      const validate = ajv.getSchema<T>(reference);
      if (validate === undefined) throw new Error(`unknown schema ${reference}`);
      if (validate(value)) return { kind: 'valid', value: value as T };
      return { kind: 'invalid', problems: fieldProblems(validate.errors ?? []) };
    };
  }

  return {
    agentReport: validator(agentReport.$id),
    guestConfiguration: validator(guestConfiguration.$id),
    hypervisorConfiguration: validator(hypervisorConfiguration.$id),
    instanceRecord: validator(instanceRecord.$id),
    manifest: validator(manifest.$id),
    policy: validator(policy.$id),
    serverConfiguration: validator(serverConfiguration.$id),
    api: (definition) => validator(`${api.$id}#/$defs/${definition}`),
    common: (definition) => validator(`${common.$id}#/$defs/${definition}`),
  };
}

/** One problem per pointer and keyword: branches of anyOf and oneOf would repeat themselves. */
function fieldProblems(errors: readonly ErrorObject[]): readonly FieldProblem[] {
  const seen = new Set<string>();
  const problems: FieldProblem[] = [];
  for (const error of tellingErrors(errors)) {
    const problem = fieldProblem(error);
    const key = `${problem.pointer}\0${problem.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    problems.push(problem);
  }
  return problems;
}
