import type { Change } from '../../../schemas/types/api.ts';
import type { Page } from '../output/page.ts';
import { type Style, styled } from '../output/span.ts';

/** How a kind of change is marked. */
export const marks: Readonly<Record<Change['action'], { readonly mark: string; readonly style: Style }>> = {
  add: { mark: '+', style: 'green' },
  change: { mark: '~', style: 'yellow' },
  remove: { mark: '-', style: 'red' },
};

/** Differences like those of diff(1): `+` added, `~` changed, `-` removed, by section in the order they come. */
export function renderChanges(
  page: Page,
  changes: readonly Change[],
  options: { readonly indent: number },
): void {
  const sections = Map.groupBy(changes, (change) => change.section);
  for (const [section, members] of sections) {
    page.line(' '.repeat(options.indent), styled('bold', section));
    page.table(
      [{ heading: '' }, { heading: '', flexible: true }, { heading: '', flexible: true }],
      members.map((change) => {
        const { mark, style } = marks[change.action];
        return [styled(style, mark), styled(style, change.subject), values(change)];
      }),
      { indent: options.indent + 2 },
    );
  }
}

/** `1 added, 2 changed, 3 removed`, without what is none. */
export function countChanges(changes: readonly Pick<Change, 'action'>[]): string {
  const words = { add: 'added', change: 'changed', remove: 'removed' } as const;
  const parts = (['add', 'change', 'remove'] as const).map((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? '' : `${count} ${words[action]}`;
  });
  return parts.filter((part) => part !== '').join(', ');
}

function values({ before, after }: Change): string {
  if (before === undefined) return after ?? '';
  return after === undefined ? before : `${before} → ${after}`;
}
