import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One POSIX sh file that holds the launcher's folder and runs its `install.sh`, for machines without a package of ours:
 * `sh ubugi-install.sh [ROOT [TRUSTED_SIGNERS]] [--init NAME]`, ROOT being `/` where nothing is given.
 *
 * @param folder `guest-agent/launcher`.
 */
export function installerText(folder: string, version: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  return [
    '#!/bin/sh',
    `# ubugi-install.sh ${version} - puts Ubugi's launcher into a root file system.`,
    '#',
    '#   sh ubugi-install.sh [ROOT [TRUSTED_SIGNERS]] [--init systemd|openrc|sysvinit|rc.local|none]',
    '#',
    '# ROOT is / where nothing is given. It holds all that it installs and fetches nothing.',
    'set -eu',
    'umask 022',
    'folder=$(mktemp -d)',
    'trap \'rm -rf "$folder"\' EXIT',
    'mkdir "$folder/services"',
    ...files.map((name) => unpacking(name, readFileSync(join(folder, name), 'utf8'))),
    '[ $# -gt 0 ] || set -- /',
    'sh "$folder/install.sh" "$@"',
    '',
  ].join('\n');
}

function unpacking(name: string, text: string): string {
  const mark = 'UBUGI_END_OF_FILE';
  if (text.includes(mark) || !text.endsWith('\n') || !/^[a-z0-9./-]+$/.test(name)) {
    throw new Error(
      `${name} cannot stand in a shell script as it is: it needs a last newline and a plain name`,
    );
  }
  return `cat >"$folder/${name}" <<'${mark}'\n${text}${mark}`;
}
