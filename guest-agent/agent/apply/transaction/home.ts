import type { HomeStep } from '../../plan/step.ts';
import type { System } from '../../system/system.ts';
import { removeTree } from './remove-tree.ts';

const skeleton = '/etc/skel';

/** What a new home will have in it, its path first, deepest last. */
export function homeEntries(
  step: HomeStep,
  system: System,
): readonly { readonly path: string; readonly sha256?: string }[] {
  const entries: { readonly path: string; readonly sha256?: string }[] = [];
  walk(
    '',
    (relative, kind) => {
      const path = `${step.path}${relative}`;
      entries.push(
        kind === 'file' ? { path, sha256: system.files.sha256(`${skeleton}${relative}`) } : { path },
      );
    },
    system,
  );
  return entries;
}

/** Makes a home whole beside its place and renames it there, so that there is never half of one. */
export function makeHome(step: HomeStep, temporary: string, system: System): void {
  removeTree(temporary, system);
  const { uid, gid } = step.attributes;
  walk(
    '',
    (relative, kind) => {
      const from = `${skeleton}${relative}`;
      const to = `${temporary}${relative}`;
      if (relative === '') system.files.createFolder(to, step.attributes);
      else if (kind === 'folder') system.files.createFolder(to, { mode: 0o700, uid, gid });
      else if (kind === 'link') system.files.createLink(to, system.files.readLink(from));
      else {
        const mode = (system.files.entry(from)?.mode ?? 0o600) & 0o755;
        system.files.create(to, { base64: system.files.readBase64(from) }, { mode, uid, gid }, false);
      }
    },
    system,
  );
  system.files.rename(temporary, step.path);
}

function walk(
  relative: string,
  visit: (relative: string, kind: 'file' | 'folder' | 'link') => void,
  system: System,
): void {
  const kind = system.files.entry(`${skeleton}${relative}`)?.kind;
  if (relative !== '' && (kind === undefined || kind === 'other')) return;
  visit(relative, relative === '' ? 'folder' : (kind as 'file' | 'folder' | 'link'));
  if (kind !== 'folder') return;
  for (const name of system.files.list(`${skeleton}${relative}`)) walk(`${relative}/${name}`, visit, system);
}
