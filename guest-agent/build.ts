/**
 * Builds what travels on every drive: `node guest-agent/build.ts [--arch x86_64]… [--out build/payload]`
 * writes `launch` and `agent/ARCH/ubugi-agent`.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleAgent } from './toolchain/bundle.ts';
import { type Architecture, architectures, buildExecutable } from './toolchain/executable.ts';

const root = join(import.meta.dirname, '..');

/** Builds (or takes from the cache) the agent of one architecture. @returns absolute path of the executable. */
export async function buildAgent(
  architecture: Architecture,
  options: { readonly cache?: string } = {},
): Promise<string> {
  return buildExecutable(await bundleAgent(agentVersion()), architecture, options.cache);
}

/**
 * Builds the payload folder: the entry point and one agent an architecture.
 *
 * @param out folder that gets `launch` and `agent/ARCH/ubugi-agent`; made if missing.
 */
export async function buildPayload(
  out: string,
  wanted: readonly Architecture[] = architectures,
): Promise<void> {
  const launch = join(root, 'guest-agent/launcher/launch');
  if (!existsSync(launch)) {
    throw new Error(
      'guest-agent/launcher/launch is missing: check out the whole tree, the drive needs its entry point',
    );
  }
  for (const architecture of wanted) {
    put(await buildAgent(architecture), join(out, 'agent', architecture, 'ubugi-agent'));
  }
  put(launch, join(out, 'launch'));
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  chmodSync(`${to}.new`, 0o755);
  renameSync(`${to}.new`, to);
}

function agentVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string })
    .version;
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: {
        arch: { type: 'string', multiple: true },
        out: { type: 'string', default: join(root, 'build/payload') },
      },
    });
    const unknown = values.arch?.find((name) => !architectures.some((known) => known === name));
    if (unknown !== undefined)
      throw new Error(`unknown architecture ${unknown}: use ${architectures.join(' or ')}`);
    const wanted = architectures.filter((name) => values.arch === undefined || values.arch.includes(name));
    await buildPayload(resolve(values.out), wanted);
  } catch (error) {
    process.stderr.write(`guest-agent/build.ts: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
