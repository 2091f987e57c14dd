import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { compactLines } from '../kysely/encoding/compact-lines.ts';
import { packJson, unpackJson } from '../kysely/encoding/packed-json.ts';
import type { ColumnTypes, Migration } from './migration.ts';

/**
 * What instances share is stored once: generations name their parts. Rows of instances become narrow, their records go
 * to a table of their own. Content hashes are made anew from the parts, as the sync job now makes them: else its next
 * run would give every instance a new generation of equal content.
 */
export const sharedParts: Migration = {
  name: '0002-shared-parts',
  async up(db, types) {
    await createTables(db, types);
    await narrowInstances(db, types);
    await freeTags(db, types);
    await splitGenerations(db, types);
    await noteNewestParts(db);
  },
};

async function createTables(db: Kysely<unknown>, { text, bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('parts')
    .addColumn('key', text, (column) => column.primaryKey())
    .addColumn('sha256', text, (column) => column.notNull())
    .addColumn('value', bytes, (column) => column.notNull())
    .addColumn('sources', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('state')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('body', bytes, (column) => column.notNull())
    .execute();
}

async function narrowInstances(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('instance_records')
    .addColumn('instance', text, (column) => column.primaryKey())
    .addColumn('random_seed', text, (column) => column.notNull())
    .addColumn('record', text, (column) => column.notNull())
    .addColumn('origins', text)
    .execute();
  await sql`insert into instance_records (instance, random_seed, record)
    select id, random_seed, record from instances`.execute(db);
  // An index costs every insert. What is left finds a few instances among all; for the rest of what a selection may
  // ask, reading the narrow rows in order of id is quick, and all content hashes are read that way too.
  for (const index of ['content', 'os_family', 'site', 'owner', 'project']) {
    await db.schema.dropIndex(`instances_by_${index}`).execute();
  }
  for (const column of ['random_seed', 'record']) {
    await db.schema.alterTable('instances').dropColumn(column).execute();
  }
  await db.schema
    .alterTable('instances')
    .addColumn('fingerprint', text, (column) => column.notNull().defaultTo(''))
    .execute();
  for (const column of ['newest_identity', 'newest_sudo']) {
    await db.schema.alterTable('instances').addColumn(column, text).execute();
  }
}

/**
 * Tags, and records too, are written with their instance only, and no instance is ever deleted: a foreign key finds
 * nothing, but makes PostgreSQL look for the instance, and lock it, once more for every row.
 */
async function freeTags(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('free_tags')
    .addColumn('instance', text, (column) => column.notNull())
    .addColumn('tag', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('free_tags_pk', ['instance', 'tag'])
    .execute();
  await sql`insert into free_tags (instance, tag) select instance, tag from instance_tags`.execute(db);
  await db.schema.dropTable('instance_tags').execute();
  await db.schema.alterTable('free_tags').renameTo('instance_tags').execute();
  await db.schema
    .createIndex('instance_tags_by_tag')
    .on('instance_tags')
    .columns(['tag', 'instance'])
    .execute();
}

async function splitGenerations(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  for (const column of ['identity', 'sudo', 'payload', 'own', 'own_sources']) {
    await db.schema
      .alterTable('generations')
      .addColumn(column, text, (definition) => definition.notNull().defaultTo(''))
      .execute();
  }
  const written = new Set<string>();
  let page = await wholeGenerations(db, '', 0);
  while (page.length > 0) {
    for (const { instance, number, content } of page) {
      const split = splitContent(unpackJson(content) as WholeContent);
      const { identity, sudo, payload } = split.parts;
      for (const part of [...split.accounts, identity, sudo, payload]) {
        if (!written.has(part.key)) await insertPart(db, part);
        written.add(part.key);
      }
      await sql`update generations set identity = ${identity.key}, sudo = ${sudo.key}, payload = ${payload.key},
        own = ${JSON.stringify(split.own)}, own_sources = ${compactLines(split.ownSources)},
        content_sha256 = ${split.contentSha256}
        where instance = ${instance} and number = ${number}`.execute(db);
    }
    const last = page.at(-1);
    page = await wholeGenerations(db, last?.instance ?? '', last?.number ?? 0);
  }
  await db.schema.alterTable('generations').dropColumn('content').execute();
}

async function noteNewestParts(db: Kysely<unknown>): Promise<void> {
  for (const [column, value] of [
    ['newest_content_sha256', 'content_sha256'],
    ['newest_identity', 'identity'],
    ['newest_sudo', 'sudo'],
  ] as const) {
    await sql`update instances set ${sql.ref(column)} = (
      select ${sql.ref(value)} from generations
      where generations.instance = instances.id and generations.number = instances.newest
    ) where newest is not null`.execute(db);
  }
}

interface WholeGeneration {
  readonly instance: string;
  readonly number: number;
  readonly content: Buffer;
}

const pageSize = 200;

async function wholeGenerations(
  db: Kysely<unknown>,
  instance: string,
  number: number,
): Promise<readonly WholeGeneration[]> {
  const page = await sql<WholeGeneration>`select instance, number, content from generations
    where (instance, number) > (${instance}, ${number}) order by instance, number limit ${pageSize}`.execute(
    db,
  );
  return page.rows;
}

type Lines = Parameters<typeof compactLines>[0];

/** What 0001 keeps of a generation. */
interface WholeContent {
  readonly guest: Readonly<Record<string, unknown>>;
  readonly scripts: unknown;
  readonly sources: Lines;
}

interface Part {
  readonly key: string;
  readonly sha256: string;
  readonly value: unknown;
  readonly sources: Lines;
}

/** As compositions are made at the time of this migration, so that what is stored from now on is found equal. */
function splitContent({ guest, scripts: contents, sources }: WholeContent) {
  const { groups, accounts, sudo, files, scripts, ...own } = guest;
  const of = (...sections: readonly string[]): Lines =>
    sources.filter(({ section }) => sections.includes(section));
  const accountParts = (accounts as readonly { readonly name: string }[]).map((account) => {
    const ofAccount = of('accounts', 'keys').filter(({ section, subject }) =>
      section === 'accounts' ? subject === account.name : subject.startsWith(`${account.name} `),
    );
    return partOf(account, ofAccount);
  });
  const parts = {
    identity: identityOf(groups, of('groups'), accountParts),
    sudo: partOf(sudo, of('sudo')),
    payload: partOf({ files, scripts, contents }, of('files', 'scripts')),
  };
  const { identity, sudo: rules, payload } = parts;
  return {
    own,
    ownSources: of('instance', 'hostname', 'network', 'dns', 'ntp'),
    accounts: accountParts,
    parts,
    contentSha256: jsonHash([own, identity.sha256, rules.sha256, payload.sha256]),
  };
}

/** Accounts and groups, with the accounts by their keys. */
function identityOf(groups: unknown, sources: Lines, accounts: readonly Part[]): Part {
  const sha256 = jsonHash([groups, accounts.map((account) => account.sha256)]);
  const keys = accounts.map(({ key }) => key);
  return {
    sha256,
    key: jsonHash([sha256, sources.map(jsonHash), keys]),
    value: { groups, accounts: keys },
    sources,
  };
}

function partOf(value: unknown, sources: Lines): Part {
  const sha256 = jsonHash(value);
  return { key: jsonHash([sha256, sources]), sha256, value, sources };
}

async function insertPart(db: Kysely<unknown>, { key, sha256, value, sources }: Part): Promise<void> {
  await sql`insert into parts (key, sha256, value, sources)
    values (${key}, ${sha256}, ${packJson(value)}, ${packJson(sources)})`.execute(db);
}

function jsonHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
