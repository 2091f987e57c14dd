import type { Effect } from '../../../schemas/types/api.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';
import { countChanges, marks } from './changes-view.ts';
import { counted } from './words.ts';

/** Who may log in and what they may do there comes first; what is not listed follows in its own order. */
const firstSections: readonly Effect['section'][] = ['accounts', 'keys', 'sudo', 'groups'];
/** Rows of a section of these, and of any other: what has names of its own on each instance would fill the screen. */
const mostRows = { first: 12, later: 4 } as const;

/** Who gains (`+`) and who loses (`-`) what over all instances, section by section, most instances first. */
export function renderEffects(page: Page, effects: readonly Effect[]): void {
  const sections = Map.groupBy(effects, ({ section }) => section);
  const later = [...sections.keys()].filter((section) => !firstSections.includes(section));
  for (const section of [...firstSections, ...later]) {
    const members = sections.get(section);
    if (members === undefined) continue;
    const most = firstSections.includes(section) ? mostRows.first : mostRows.later;
    page.line('  ', styled('bold', section), styled('dim', `  ${countChanges(members)}`));
    page.table(
      [
        { heading: '' },
        { heading: '', flexible: true },
        { heading: '', align: 'right' },
        { heading: '', flexible: true },
      ],
      members.slice(0, most).map((effect) => {
        const { mark, style } = marks[effect.action];
        return [
          styled(style, mark),
          styled(style, effect.subject),
          counted(effect.instances, 'instance'),
          styled('dim', examplesText(effect)),
        ];
      }),
      { indent: 4 },
    );
    const hidden = members.length - most;
    if (hidden > 0)
      page.line('    ', styled('dim', `… and ${hidden} more; --json has the first 1000 of all`));
  }
}

function examplesText({ examples, instances }: Effect): string {
  return instances > examples.length ? `${examples.join(', ')}, …` : examples.join(', ');
}
