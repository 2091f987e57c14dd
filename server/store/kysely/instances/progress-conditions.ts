import { type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { ProgressSelection } from '../../ports/failures.ts';
import type { Tables } from '../tables.ts';

/** The conditions on `instances` that together say how far they have come. */
export function progressConditions(
  expression: ExpressionBuilder<Tables, 'instances'>,
  { pending, failed, held }: ProgressSelection,
) {
  const conditions = [
    ...(pending === undefined ? [] : [wanted(pending, isPending)]),
    ...(failed === undefined ? [] : [wanted(failed, hasFailed)]),
    ...(held === undefined ? [] : [wanted(held, isHeld)]),
  ];
  return expression.and(conditions);
}

type Condition = ReturnType<typeof sql<SqlBool>>;

const isPending = sql<SqlBool>`(instances.newest is not null and coalesce(instances.applied, 0) <> instances.newest)`;
const hasFailed = sql<SqlBool>`(instances.failed is not null and instances.failed = instances.newest)`;
const isHeld = sql<SqlBool>`exists (select 1 from holds where holds.instance = instances.id)`;

function wanted(value: boolean, condition: Condition): Condition {
  return value ? condition : sql<SqlBool>`not ${condition}`;
}
