import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { Attributes, ToolResult } from '../system/system.ts';
import type { Machine } from './machine.ts';
import type { Ownership } from './ownership.ts';
import type { Step } from './step.ts';

/** Outcome of one resource as the report has it. */
export type ResourceReport = AgentReport['resources'][number];

/** Name of a resource as the report has it. */
export type ResourceName = ResourceReport['resource'];

/** One line of what is done. */
export type Change = Readonly<ResourceReport['changes'][number]>;

/** A verdict of one of the guest's own tools over staged copies, before anything is put in place. */
export interface Check {
  /** What is checked, such as `visudo on /etc/sudoers.d/ubugi`. */
  readonly what: string;
  /** Files for the tool in a folder of its own, by name. @param folder absolute path of that folder. */
  stage(folder: string): readonly { readonly name: string; readonly text: string }[];
  /** A folder below /run that the tool insists on, such as sshd's; made if missing. */
  readonly needs?: string;
  /** A tool that has to run before, such as one that makes a throwaway host key. */
  before?(folder: string): readonly [string, ...string[]];
  /** The tool and its arguments. @param folder absolute path of the staged files. */
  argv(folder: string): readonly [string, ...string[]];
  /** What is wrong; `undefined` if nothing is. */
  judge(result: ToolResult): string | undefined;
}

/** What a running system has to be told after the files are in place. Left out offline. */
export type LiveAction =
  | { readonly kind: 'hostname'; readonly name: string }
  | { readonly kind: 'end-sessions'; readonly uid: number; readonly account: string }
  | {
      readonly kind: 'command';
      /** A question asked first, such as whether a service runs: unless it ends with 0 the command is left out. */
      readonly when?: readonly [string, ...string[]];
      readonly argv: readonly [string, ...string[]];
      readonly timeoutMs: number;
    };

/** Secret files that a tool makes anew while the plan is applied; they go into place like the files of steps. */
export interface Generation {
  /** The tool and its arguments. @param folder absolute path of an empty folder that only root can enter. */
  argv(folder: string): readonly [string, ...string[]];
  /** What it leaves there, by name, and where that belongs. */
  readonly files: readonly {
    readonly name: string;
    readonly path: string;
    readonly attributes: Attributes;
  }[];
}

/** Keys in a home, where sshd reads no file of ours: a marked block in `.ssh/authorized_keys`. */
export interface HomeKeys {
  readonly account: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Lines of the block; none: no block. */
  readonly lines: readonly string[];
}

/** All that one resource needs. Empty steps and actions: nothing has to be done. */
export interface ResourcePlan {
  readonly resource: ResourceName;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** Comes before the steps. */
  readonly generated?: readonly Generation[];
  readonly checks: readonly Check[];
  readonly live: readonly LiveAction[];
  /** Written after the steps, each by itself: what users do in their homes must not stand in the way of the rest. */
  readonly inHomes?: readonly HomeKeys[];
  /** What cannot be done, on which object, and what to do; the rest is done all the same. */
  readonly problems: readonly string[];
  /** What the report says besides, without a failure: what is left to somebody else. */
  readonly notes?: readonly string[];
  /** Why nothing at all is done for this resource on this machine. */
  readonly skipped?: string;
  /** Paths of files that are ours after this. */
  readonly owns: readonly string[];
}

/** What is wanted, and what is known to be ours. */
export interface Desired {
  readonly guest: GuestConfiguration;
  readonly owned: Ownership;
}

/** One resource: from what is wanted and what there is to what has to be done. Reads only through the machine's view. */
export interface Resource {
  readonly name: ResourceName;
  plan(desired: Desired, machine: Machine): ResourcePlan;
}

/** A plan in which nothing is to be done. */
export function emptyPlan(resource: ResourceName): ResourcePlan {
  return { resource, changes: [], steps: [], checks: [], live: [], problems: [], owns: [] };
}

/** The plan of the whole machine. */
export interface Plan {
  /** In the order in which they are carried out. */
  readonly resources: readonly ResourcePlan[];
  /** What is ours once all of it is done. */
  readonly owned: Ownership;
}

/** Something that cannot be planned or rendered; the resource fails and nothing of it is touched. */
export { RefusedValue as PlanError } from '../../../schemas/rendering/guard.ts';
