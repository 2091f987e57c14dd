import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../hypervisor-hook/command-line.ts';
import { createProgram } from '../../server/cli/program.ts';
import { captured } from '../cli/captured.ts';
import { commandsOf, type GuideCommand, guides } from './guide-commands.ts';
import { guideRuns } from './guide-runs.ts';
import { type GuideWorld, openGuideWorld } from './guide-world.ts';

const commands = guides.flatMap(commandsOf);
const named = commands.map((command) => [`${command.guide}.md: ${command.line}`, command] as const);

const runs = guides.flatMap((guide) =>
  guideRuns[guide].map((run, index) => ({
    name: `${guide}.md: ${run.line}`,
    run,
    args: commandsOf(guide)[index]?.args ?? [],
  })),
);
const runsHere = runs.flatMap(({ name, run, args }) =>
  run.kind === 'here' ? [[name, run, args] as const] : [],
);
const runsElsewhere = runs.flatMap(({ name, run }) =>
  run.kind === 'elsewhere' ? [[`${name} (${run.test})`, run] as const] : [],
);

/** What guides put where an id of the reader's stands. */
const placeholder = /^(ROLLOUT|TOKEN)$/;
const someId = '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4aff';

/** Why a command line is not understood; undefined if it is. Nothing is run. */
async function misunderstood({ program: name, args }: GuideCommand): Promise<string | undefined> {
  if (name === 'ubugi-hypervisor') {
    const parsed = parseCommandLine(args, {});
    return parsed.kind === 'unknown' ? parsed.message : undefined;
  }
  const { dependencies, written } = captured();
  let reached = false;
  const settle = async (): Promise<void> => {
    reached = true;
  };
  const { stdout, stderr } = dependencies;
  const runtime = { dependencies, run: settle, runWithServer: settle };
  try {
    const program = createProgram(runtime, { version: '1.2.3', stdout, stderr });
    await program.parseAsync(
      args.map((word) => word.replace(placeholder, someId)),
      { from: 'user' },
    );
  } catch (error) {
    if (error instanceof CommanderError) return written.stderr;
    throw error;
  }
  return reached ? undefined : 'no command is given';
}

describe('every command of the guides', () => {
  it.each(named)('%s is understood by the program', async (_, command) => {
    expect(await misunderstood(command)).toBeUndefined();
  });

  it('is in the table of what runs it, once and in the order of the guides', () => {
    for (const guide of guides)
      expect(guideRuns[guide].map(({ line }) => line)).toEqual(commandsOf(guide).map(({ line }) => line));
  });

  it('is told from one that the program does not know', async () => {
    const wrong = (program: GuideCommand['program'], ...args: readonly string[]) =>
      misunderstood({ guide: 'operations', line: '', program, args });
    expect(await wrong('ubugi', 'list', '--pendin')).toContain('unknown option');
    expect(await wrong('ubugi', 'place', 'web-01')).toContain('missing required argument');
    expect(await wrong('ubugi', 'plce')).toContain('unknown command');
    expect(await wrong('ubugi-hypervisor', 'join')).toContain('--token-file');
  });
});

describe('run in the order of the guides', () => {
  let world: GuideWorld;
  beforeAll(async () => {
    world = await openGuideWorld();
  });
  afterAll(() => world?.close());

  it.each(runsHere)('%s', async (_, { run, shows, exitCode = 0 }, args) => {
    const result = await run(world, args);
    expect(result).toMatchObject({ exitCode, stdout: expect.stringMatching(shows) as string });
  });
});

describe('run on a host, by another test', () => {
  it.each(runsElsewhere)('%s', (_, { test, proof }) => {
    const text = readFileSync(join(import.meta.dirname, '../..', test), 'utf8');
    expect([test, text.includes(proof)]).toEqual([test, true]);
  });
});
