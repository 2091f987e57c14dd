import { execa } from 'execa';

/** Where this machine's own apt finds a Debian suite and its updates. */
export interface AptSources {
  /** Mirror for debootstrap; `undefined`: debootstrap's default. */
  readonly mirror: string | undefined;
  /** Lines of sources.list(5) for the guest; empty where apt knows nothing of the suite. */
  readonly lines: readonly string[];
}

/** Asks apt for its sources of `suite` and of its updates and security updates. */
export async function readAptSources(suite: string): Promise<AptSources> {
  const { stdout } = await execa(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(COMPONENT)'],
    {
      timeout: 30_000,
    },
  );
  const suites = new Set([suite, `${suite}-updates`, `${suite}-security`]);
  const targets = new Set(
    stdout.split('\n').filter((line) => {
      const [, codename = '', component] = line.split(' ');
      return suites.has(codename) && component === 'main';
    }),
  );
  const lines = [...targets].sort().map((line) => `deb ${line}`);
  const mirror = lines.map((line) => line.split(' ')).find(([, , codename]) => codename === suite)?.[1];
  return { mirror, lines };
}
