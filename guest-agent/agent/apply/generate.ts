import { emptyPlan, type Generation, type Plan, type ResourcePlan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { messageOf, type System } from '../system/system.ts';
import type { Recorder } from './recorder.ts';
import { removeTree } from './transaction/remove-tree.ts';

/** In memory: what is generated is secret. */
const stage = '/run/ubugi/generated';
/** RSA keys take an emulated machine on a busy host a minute and more. */
const timeoutMs = 240_000;

/**
 * The plan with what its resources have generated, as steps. A resource whose tool fails does nothing; files of its own
 * stay its own.
 */
export function withGenerated(plan: Plan, recorder: Recorder, system: System): Plan {
  if (plan.resources.every(({ generated = [] }) => generated.length === 0)) return plan;
  const resources = plan.resources.map((resource) =>
    recorder.measure(resource.resource, () => generateFor(resource, system)),
  );
  return { ...plan, resources };
}

function generateFor(resource: ResourcePlan, system: System): ResourcePlan {
  const { generated = [], steps } = resource;
  if (generated.length === 0) return resource;
  try {
    return { ...resource, steps: [...generate(generated, system), ...steps] };
  } catch (error) {
    return { ...emptyPlan(resource.resource), owns: resource.owns, problems: [messageOf(error)] };
  } finally {
    removeTree(stage, system);
  }
}

function generate(generated: readonly Generation[], system: System): readonly Step[] {
  removeTree(stage, system);
  system.files.createFolder(stage, { mode: 0o700, uid: 0, gid: 0 });
  const runs = generated.map((one) => ({ argv: one.argv(stage), folder: stage, timeoutMs }));
  const results = system.processes.run(runs);
  const failed = results.findIndex(({ status }) => status !== 0);
  if (failed >= 0) {
    const [program] = runs[failed]?.argv ?? [];
    const { status, output } = results[failed] ?? { status: 126, output: '' };
    throw new Error(`${program}: status ${status}; ${output.trim().slice(-300)}`);
  }
  return generated.flatMap(({ files }) =>
    files.map(({ name, path, attributes }) => {
      const text = system.files.readText(`${stage}/${name}`);
      return { kind: 'file' as const, path, text, attributes, secret: true };
    }),
  );
}
