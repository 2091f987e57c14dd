import ipaddr from 'ipaddr.js';
import type { FieldProblem } from '../../schemas/validation/field-problem.ts';
import { appendPointer } from '../../schemas/validation/json-pointer.ts';
import { optionProblems } from '../inventory/http-json/option-rules.ts';
import type { Config } from './config.ts';

type InventoryConfig = Config['inventories'][number];

/** A file that an inventory's configuration names. Pointer: below the inventory. */
export interface InventoryFile {
  readonly pointer: string;
  readonly path: string;
  /** Only the server may be able to read it. */
  readonly isSecret: boolean;
  /** A folder will do as well. */
  readonly orFolder?: boolean;
}

/** The files that an inventory is read from or authenticates with. */
export function inventoryFiles(inventory: InventoryConfig): readonly InventoryFile[] {
  if (inventory.kind === 'file') {
    return [{ pointer: '/path', path: inventory.path, isSecret: false, orFolder: true }];
  }
  const files: InventoryFile[] = [];
  const add = (pointer: string, path: string, isSecret: boolean): void => {
    files.push({ pointer, path, isSecret });
  };
  if (inventory.caFile !== undefined) add('/caFile', inventory.caFile, false);
  if (inventory.kind === 'netbox') add('/tokenFile', inventory.tokenFile, true);
  else {
    const { authentication, clientCertificate } = inventory;
    if (clientCertificate !== undefined) {
      add('/clientCertificate/certificateFile', clientCertificate.certificateFile, false);
      add('/clientCertificate/keyFile', clientCertificate.keyFile, true);
    }
    if (authentication?.kind === 'basic')
      add('/authentication/passwordFile', authentication.passwordFile, true);
    if (authentication?.kind === 'bearer') add('/authentication/tokenFile', authentication.tokenFile, true);
    if (authentication?.kind === 'header') add('/authentication/valueFile', authentication.valueFile, true);
  }
  return files;
}

/** What is wrong with the inventories beyond their schema. */
export function inventoryProblems({
  inventories,
  inventoryPrecedence,
}: Pick<Config, 'inventories' | 'inventoryPrecedence'>): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, inventory] of inventories.entries()) {
    const pointer = `/inventories/${index}`;
    if (names.has(inventory.name)) {
      problems.push({
        pointer: `${pointer}/name`,
        message: 'is the name of another inventory too',
        remedy: 'give each inventory a name of its own',
      });
    }
    names.add(inventory.name);
    if (inventory.kind === 'file') continue;
    problems.push(...urlProblems(inventory.url, `${pointer}/url`));
    if (inventory.kind === 'http-json') {
      problems.push(
        ...optionProblems(inventory).map((problem) => ({ ...problem, pointer: pointer + problem.pointer })),
      );
    }
  }
  for (const [field, order] of Object.entries(inventoryPrecedence?.fields ?? {})) {
    for (const [index, name] of order.entries()) {
      if (names.has(name)) continue;
      problems.push({
        pointer: `${appendPointer('/inventoryPrecedence/fields', field)}/${index}`,
        message: 'is no inventory',
        remedy: `use ${[...names].join(', ')}`,
      });
    }
  }
  return problems;
}

function urlProblems(text: string, pointer: string): readonly FieldProblem[] {
  const url = URL.parse(text);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (host === '') return [{ pointer, message: 'has no valid host', remedy: 'write https://HOST' }];
  const isLocal =
    host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
  if (url?.protocol !== 'http:' || isLocal) return [];
  return [{ pointer, message: 'would send the token in plain text', remedy: 'use https://' }];
}
