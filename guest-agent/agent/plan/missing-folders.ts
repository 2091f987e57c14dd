import type { Attributes } from '../system/system.ts';
import type { FileView } from './machine.ts';
import type { FolderStep } from './step.ts';

/**
 * Steps for the folders above a path that are not there, topmost first.
 *
 * @param planned paths that earlier steps of the same plan make; those of these steps are added.
 */
export function missingFolders(
  path: string,
  view: FileView,
  attributes: Attributes,
  planned: Set<string>,
): readonly FolderStep[] {
  const steps: FolderStep[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const folder = path.slice(0, at);
    if (planned.has(folder) || view.entry(folder) !== undefined) break;
    planned.add(folder);
    steps.unshift({ kind: 'folder', path: folder, attributes });
  }
  return steps;
}
