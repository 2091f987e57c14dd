/** Columns that belong to the instance. Only its first row may fill them in (but for `id`). */
export const instanceColumns = [
  'name',
  'hostname',
  'domain',
  'project',
  'owner',
  'creator',
  'createdAt',
  'site',
  'availabilityZone',
  'osFamily',
  'hypervisor',
  'tags',
  'userData',
] as const;

/** Columns that belong to one interface, and the key of `networkInterface` that each gives. */
export const interfaceColumns = {
  interface: 'name',
  mac: 'mac',
  mtu: 'mtu',
  addresses: 'addresses',
  gateway4: 'gateway4',
  gateway6: 'gateway6',
  dhcp4: 'dhcp4',
  dhcp6: 'dhcp6',
} as const;

/** Columns that every file must have. */
export const requiredColumns = ['id', 'name', 'osFamily'] as const;

/** All columns that a file may have. */
export const knownColumns: ReadonlySet<string> = new Set([
  'id',
  ...instanceColumns,
  ...Object.keys(interfaceColumns),
]);

/** Cells of these columns hold a list, separated by blanks or semicolons. */
const listColumns: ReadonlySet<string> = new Set(['tags', 'addresses']);
const flagColumns: ReadonlySet<string> = new Set(['dhcp4', 'dhcp6']);

/**
 * The value of a cell: a list, a flag (`true`, `false`), a number, or its text. What does not fit stays text, for
 * the schema to refuse.
 */
export function cellValue(column: string, cell: string): unknown {
  if (listColumns.has(column)) return cell.split(/[; ]+/).filter((item) => item !== '');
  if (flagColumns.has(column) && (cell === 'true' || cell === 'false')) return cell === 'true';
  if (column === 'mtu' && /^[1-9]\d{0,5}$/.test(cell)) return Number(cell);
  return cell;
}

/** Name of the column that a JSON pointer into a record built from cells points to. */
export function columnOfPointer(pointer: string): string {
  const [first = '', , key = ''] = pointer.slice(1).split('/');
  if (first === '') return 'record';
  if (first !== 'interfaces') return first;
  if (key === '') return 'interface';
  return Object.entries(interfaceColumns).find(([, target]) => target === key)?.[0] ?? key;
}

/** Pointer into such a record that {@link columnOfPointer} takes back to the column. */
export function pointerOfColumn(column: string): string {
  const key = Object.entries(interfaceColumns).find(([name]) => name === column)?.[1];
  return key === undefined ? `/${column}` : `/interfaces/0/${key}`;
}
