import type { InstanceDetail } from '../../../schemas/types/api.ts';
import type { Page } from '../output/page.ts';
import { styled } from '../output/span.ts';

/** What a guest does not get because a cloud-config cannot say it; nothing where it gets all. */
export function renderInexpressible(page: Page, reasons: InstanceDetail['inexpressible'] = []): void {
  if (reasons.length === 0) return;
  page.blank();
  page.line(styled('yellow', 'dressed by cloud-init alone, which cannot do all that policy says'));
  page.table(
    [{ heading: 'WHAT' }, { heading: 'WHY NOT', flexible: true }],
    reasons.map(({ subject, reason }) => [subject, reason]),
    { indent: 2 },
  );
}
