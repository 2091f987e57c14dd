import agentReport from '../../../schemas/v1/agent-report.json' with { type: 'json' };
import api from '../../../schemas/v1/api.json' with { type: 'json' };
import common from '../../../schemas/v1/common.json' with { type: 'json' };
import guestConfiguration from '../../../schemas/v1/guest-configuration.json' with { type: 'json' };
import instanceRecord from '../../../schemas/v1/instance-record.json' with { type: 'json' };

/** A JSON Schema as data. */
type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON schemas of the API as `components.schemas` of an OpenAPI document: a file under its name, a definition of it
 * under `FILE.DEFINITION`, references rewritten to these.
 */
export function schemaComponents(): Record<string, unknown> {
  const components: Record<string, unknown> = {};
  const files: Readonly<Record<string, Schema>> = {
    'agent-report': agentReport,
    api,
    common,
    'guest-configuration': guestConfiguration,
    'instance-record': instanceRecord,
  };
  for (const [file, schema] of Object.entries(files)) {
    const { $schema: _, $id: __, $defs: definitions = {}, ...whole } = schema;
    for (const [name, definition] of Object.entries(definitions as Schema)) {
      components[`${file}.${name}`] = rewriteReferences(definition, file);
    }
    // The whole of these two is only a list of their definitions.
    if (file !== 'api' && file !== 'common') components[file] = rewriteReferences(whole, file);
  }
  return components;
}

/** Reference to a component. */
export function componentReference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function rewriteReferences(value: unknown, file: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewriteReferences(item, file));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? rewrite(inner, file) : rewriteReferences(inner, file),
    ]),
  );
}

/** `#/$defs/x`, `common.json#/$defs/x` or `agent-report.json`. */
function rewrite(reference: string, file: string): string {
  const [target = '', fragment = ''] = reference.split('#');
  const name = target === '' ? file : target.replace('.json', '');
  const definition = fragment.replace('/$defs/', '');
  return `#/components/schemas/${definition === '' ? name : `${name}.${definition}`}`;
}
