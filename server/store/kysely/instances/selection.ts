import { type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { InstanceSelection } from '../../store.ts';
import { storableText } from '../encoding/storable-text.ts';
import type { StoreDialect } from '../store-dialect.ts';
import type { InstanceTable, Tables } from '../tables.ts';

/** The column of each key but `tag`, which has a table of its own. */
const columns = {
  name: 'name',
  project: 'project',
  site: 'site',
  owner: 'owner',
  osFamily: 'os_family',
  hypervisor: 'placed_on',
} as const satisfies Record<Exclude<keyof InstanceSelection, 'tag'>, keyof InstanceTable>;

/** The conditions on `instances` that together make a selection. A missing key selects everything. */
export function selectionConditions(
  expression: ExpressionBuilder<Tables, 'instances'>,
  selection: InstanceSelection,
  dialect: StoreDialect,
) {
  const conditions = Object.entries(columns).flatMap(([key, column]) => {
    const pattern = selection[key as keyof typeof columns];
    return pattern === undefined ? [] : [matches(sql.ref(`instances.${column}`), pattern, dialect)];
  });
  if (selection.tag === undefined) {
    return expression.and(conditions);
  }
  const tagged = expression
    .selectFrom('instance_tags')
    .select('instance_tags.instance')
    .where(matches(sql.ref('instance_tags.tag'), selection.tag, dialect));
  return expression.and([...conditions, expression('instances.id', 'in', tagged)]);
}

function matches(
  column: RawBuilder<string | null>,
  pattern: string,
  dialect: StoreDialect,
): RawBuilder<SqlBool> {
  const storable = storableText(pattern);
  return storable.includes('*')
    ? dialect.matchesGlob(column, storable)
    : sql<SqlBool>`${column} = ${storable}`;
}
