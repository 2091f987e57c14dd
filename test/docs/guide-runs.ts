import assert from 'node:assert/strict';
import type { UbugiResult } from '../cli/run-ubugi.ts';
import type { Guide } from './guide-commands.ts';
import { fileIn, type GuideWorld } from './guide-world.ts';

/** What runs a command of a guide. */
export type GuideRun =
  | {
      readonly kind: 'here';
      readonly line: string;
      readonly run: (world: GuideWorld, args: readonly string[]) => Promise<UbugiResult>;
      /** What its standard output holds. */
      readonly shows: RegExp;
      /** 0 if absent. */
      readonly exitCode?: number;
    }
  | {
      readonly kind: 'elsewhere';
      readonly line: string;
      /** Path of the test that runs it on a host. */
      readonly test: string;
      /** What of the test's text runs it. */
      readonly proof: string;
    };

type Run = Extract<GuideRun, { kind: 'here' }>['run'];

const asIs: Run = async (world, args) => await world.ubugi(args);
/** Machines report all the while. */
const followed: Run = async (world, args) => await world.guests.during(world.ubugi(args));
const atOther: Run = async (world, args) => await world.ubugi(args, world.other);
const onHost: Run = async (world, args) => await world.hypervisor(args);
const afterChange: Run = async (world, args) => {
  await world.changePolicy();
  return await followed(world, args);
};
/** On a rollout that was halted for this. */
const onHalted: Run = async (world, args) => {
  const id = await world.haltedRollout();
  return await world.ubugi(args.map((word) => (word === 'ROLLOUT' ? id : word)));
};
/** The same, then all that it left behind is brought to an end. */
const onHaltedToTheEnd: Run = async (world, args) => {
  const result = await onHalted(world, args);
  await settle(world);
  return result;
};

async function settle(world: GuideWorld): Promise<void> {
  const { rollouts } = JSON.parse(await world.site.operate('rollout', 'list', '--json')) as {
    readonly rollouts: readonly { readonly id: string; readonly state: string }[];
  };
  for (const { id, state } of rollouts) {
    if (state === 'running' || state === 'halted') await world.site.operate('rollout', 'cancel', id);
  }
  await world.guests.during(
    world.site.operate('regenerate-drive', '--where', 'project=shop', '--force', '--wait'),
  );
}

const here = (line: string, shows: RegExp, run: Run = asIs, exitCode = 0): GuideRun => ({
  kind: 'here',
  line,
  run,
  shows,
  exitCode,
});
const elsewhere = (line: string, test: string, proof: string): GuideRun => ({
  kind: 'elsewhere',
  line,
  test: `test/e2e/${test}.test.ts`,
  proof,
});

/** What runs each command of each guide, in their order. */
export const guideRuns: Readonly<Record<Guide, readonly GuideRun[]>> = {
  hypervisor: [
    here('ubugi token create hv-07 --join hv-07 --secret-file hv-07.join', /hv-07\.join/),
    here('ubugi trusted-signers --out trusted_signers', /trusted_signers/),
    here('ubugi-hypervisor join --token-file hv-07.join', /^$/, async (world, args) => {
      const result = await onHost(world, args);
      assert.match(await fileIn(world, 'hypervisor-token'), /ubugi_/);
      return result;
    }),
    here('ubugi-hypervisor check-config', /./, onHost),
    elsewhere('ubugi-hypervisor enrol web-01', 'enrol', "run('enrol')"),
    elsewhere("ubugi-hypervisor enrol --pattern 'web-*'", 'enrol', "run('enrol', { patterns: ['web-*'] })"),
    here(
      'ubugi token create hv-09 --role hypervisor --hypervisor hv-09 --expires 365d --secret-file hv-09.token',
      /hv-09\.token/,
    ),
    elsewhere('ubugi-hypervisor status', 'on-a-host', "run('status')"),
    here('ubugi drive web-01 --out web-01.iso', /web-01\.iso/),
    here('ubugi verify web-01.iso --trusted-signers trusted_signers', /trusted by trusted_signers/),
  ],
  nova: [
    here(
      'ubugi drive bm-01 --format configdrive --out bm-01.configdrive',
      /bm-01\.configdrive/,
      async (world, args) => {
        const result = await asIs(world, args);
        // gzip in base64
        assert.match(await fileIn(world, 'bm-01.configdrive'), /^H4sI[A-Za-z0-9+/=\n]+$/);
        return result;
      },
    ),
  ],
  operations: [
    here('ubugi sync --dry-run', /dry run: nothing was changed/),
    here("ubugi sync --override-guard 'tokyo-2 is closed, CHG-4711'", /sync succeeded/),
    here('ubugi regenerate-drive --where project=shop --dry-run', /dry run: nothing was changed/),
    here('ubugi regenerate-drive --where project=shop --wait', /2 changed/, afterChange),
    here('ubugi regenerate-drive --where project=shop --canary 2 --batch 20 --wait', /finished/, afterChange),
    here('ubugi rollout list', /finished/),
    here('ubugi rollout show ROLLOUT --wait', /halted/, onHaltedToTheEnd, 1),
    here('ubugi rollout resume ROLLOUT', /running|finished/, onHaltedToTheEnd),
    here(
      "ubugi rollout rollback ROLLOUT --reason 'chrony does not start'",
      /regenerate succeeded[^]*web-0\d +changed/,
      onHaltedToTheEnd,
    ),
    here('ubugi rollout cancel ROLLOUT', /cancelled/, onHaltedToTheEnd),
    here('ubugi try-policy policy/*.yaml --json', /"effects"/, async (world, args) =>
      asIs(
        world,
        args.map((word) => word.replace('*', 'base')),
      ),
    ),
    here('ubugi hypervisors', /hv-07/),
    here('ubugi list --pending', /./),
    here('ubugi runs', /succeeded/),
    here(
      "ubugi regenerate-drive web-01 --force --reason 'the database is that of yesterday'",
      /web-01 .*generation \d/,
    ),
    here('ubugi replay-boot --where hypervisor=hv-07 --dry-run', /web-01/),
    here(
      "ubugi replay-boot --where hypervisor=hv-07 --reason 'hv-07 lost its disks' --wait",
      /web-01[^]*applied/,
      followed,
    ),
    here('ubugi hypervisors hv-07', /web-01/),
    here(
      "ubugi place web-01 hv-08 --minutes 30 --reason 'hv-07 is being repaired'",
      /hv-08 may fetch the drive of web-01, now on hv-07/,
      async (world, args) => {
        const result = await asIs(world, args);
        assert.equal(await world.hostStarts('hv-08'), 200);
        assert.equal(await world.hostStarts('hv-07'), 403);
        return result;
      },
    ),
    here('ubugi hypervisors hv-08', /web-01/),
    here('ubugi audit --action placement-moved --since 1d', /web-01|placement-moved/),
    here('ubugi audit --action access-denied --since 1d', /hv-07/),
    here('ubugi trusted-signers --out trusted_signers', /trusted_signers/),
    here(
      "ubugi regenerate-drive --all --force --reason 'rotate the signing key' --canary 2 --batch 50 --wait",
      /finished/,
      followed,
    ),
    here('ubugi token list', /hv-07 /),
    here('ubugi token revoke TOKEN', /is revoked/, async (world, args) => {
      const id = await world.tokenId('hv-07');
      return await world.ubugi(args.map((word) => (word === 'TOKEN' ? id : word)));
    }),
    here('ubugi token create hv-07-again --join hv-07 --secret-file hv-07-again.join', /hv-07-again\.join/),
    here(
      'ubugi token create grafana-2 --role viewer --expires 90d --secret-file grafana.token',
      /grafana\.token/,
    ),
    here('ubugi trusted-signers --for export --out paris', /paris/),
    here('ubugi export --where site=paris-1 --out paris-1.jsonl.gz', /paris-1\.jsonl\.gz/),
    here(
      'ubugi import paris-1.jsonl.gz --trusted-signers paris --map tokyo.yaml --dry-run',
      /bm-01 .*can be imported/,
      atOther,
    ),
    here(
      'ubugi import paris-1.jsonl.gz --trusted-signers paris --map tokyo.yaml',
      /bm-01 .*imported/,
      atOther,
    ),
  ],
};
