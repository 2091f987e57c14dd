import { keyBlob, wireString } from '../../../test/harness/ssh-keys.ts';
import { seededRandom } from './seeded-random.ts';

/** Somebody with an account. */
export interface Person {
  readonly uid: string;
  readonly name: string;
  readonly uidNumber: number;
  /** Lines of authorized_keys. */
  readonly keys: readonly string[];
}

/** A group with its members' uids. */
export interface Group {
  readonly name: string;
  readonly gidNumber: number;
  readonly members: readonly string[];
}

/** Who works for the company and on what. */
export interface Company {
  readonly people: readonly Person[];
  /** Primary group of everybody; nobody is listed in it. */
  readonly everybody: Group;
  /** Group of each project, by the project's name. */
  readonly projects: ReadonlyMap<string, Group>;
  /** On call for a site, by the site's name. */
  readonly sites: ReadonlyMap<string, Group>;
  /** For machines with a tag, by the tag. */
  readonly specialists: ReadonlyMap<string, Group>;
  /** Runs the machines tagged {@link opsTag}. Its people are in no other group, so that one who leaves it leaves just those. */
  readonly ops: Group;
}

/** Every tenth machine has it: 10,000 of 100,000. */
export const opsTag = 'ops-managed';
export const opsShare = 10;

const products =
  `shop search billing payments crm mail wiki build registry reporting ledger sso gateway catalog media
  forum telemetry archive planning logistics`.split(/\s+/);
const branches = ['', '-eu', '-apac', '-lab'];
const cities = ['tokyo', 'osaka', 'berlin', 'lisbon', 'austin'];
const tags = ['database', 'frontend', 'batch', 'monitoring', 'pci'];
const surnames =
  `sato suzuki takahashi tanaka ito mueller schmidt fischer weber silva santos costa pereira garcia
  lopez martin bernard dubois smith jones brown taylor novak kovacs rossi ferrari jansen nielsen larsen kim`.split(
    /\s+/,
  );
const forenames =
  `Akira Hana Yuki Ren Mei Lena Jonas Clara Felix Ana Rui Ines Joao Lucia Pablo Chloe Hugo Emma Liam
  Olivia Noah Eva Jan Petra Luca Giulia Daan Freja Minjun Seoyeon`.split(/\s+/) as [string, ...string[]];

/** The company of this many people. The same for the same number. */
export function makeCompany(accounts: number): Company {
  const people = Array.from({ length: accounts }, (_, index) => makePerson(index));
  const random = seededRandom('groups');
  let gidNumber = 6000;
  const opsSize = Math.min(20, Math.ceil(accounts / 10));
  const uids = people.map(({ uid }) => uid);
  const others = uids.slice(opsSize);

  function group(name: string, smallest: number, largest: number): Group {
    const members = new Set<string>();
    const size = Math.min(others.length, smallest + random.integer(largest - smallest + 1));
    while (members.size < size) members.add(others[random.integer(others.length)] ?? '');
    gidNumber += 1;
    return { name, gidNumber, members: [...members] };
  }
  const named = (
    names: readonly string[],
    groupName: (name: string) => string,
    smallest: number,
    largest: number,
  ): ReadonlyMap<string, Group> =>
    new Map(names.map((name) => [name, group(groupName(name), smallest, largest)]));

  return {
    people,
    everybody: { name: 'employees', gidNumber: 6000, members: [] },
    projects: named(
      products.flatMap((product) => branches.map((branch) => `${product}${branch}`)),
      (project) => `project-${project}`,
      8,
      30,
    ),
    sites: named(
      cities.flatMap((city) => [1, 2, 3].map((number) => `${city}-${number}`)),
      (site) => `oncall-${site}`,
      6,
      10,
    ),
    specialists: named(tags, (tag) => `team-${tag}`, 10, 20),
    ops: { name: 'ops', gidNumber: 5999, members: uids.slice(0, opsSize) },
  };
}

function makePerson(index: number): Person {
  const random = seededRandom(`person ${index}`);
  const surname = surnames[index % surnames.length] ?? '';
  const uid = `${surname}${index.toString().padStart(4, '0')}`;
  const capital = surname.charAt(0).toUpperCase() + surname.slice(1);
  const comment = `${uid}@example.com`;
  const ed25519 = keyBlob('ssh-ed25519', wireString(random.bytes(32)));
  return {
    uid,
    name: `${random.pick(forenames)} ${capital}`,
    uidNumber: 10_000 + index,
    keys: [
      `ssh-ed25519 ${ed25519} ${comment}`,
      ...(random.chance(0.25) ? [`ssh-rsa ${rsaBlob(random.bytes(384))} ${comment}`] : []),
    ],
  };
}

/** An RSA key of 3072 bits as far as anybody can tell who does not factor it. */
function rsaBlob(modulus: Buffer): string {
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[383] = (modulus[383] ?? 0) | 1;
  const exponent = Buffer.from([1, 0, 1]);
  return keyBlob('ssh-rsa', wireString(exponent), wireString(Buffer.concat([Buffer.alloc(1), modulus])));
}
