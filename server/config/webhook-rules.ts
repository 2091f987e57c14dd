import type { FieldProblem } from '../../schemas/validation/field-problem.ts';
import type { Config } from './config.ts';
import { openSecretFile } from './secret-file.ts';

type NetboxInventoryConfig = Extract<Config['inventories'][number], { readonly kind: 'netbox' }>;

/** Characters: what can be guessed is no secret. */
const shortestSecret = 16;

/** The inventory that webhooks of NetBox belong to; undefined where the configuration does not say which. */
export function webhookInventory({
  inventories,
  webhooks,
}: Pick<Config, 'inventories' | 'webhooks'>): NetboxInventoryConfig | undefined {
  const wanted = webhooks?.netbox?.inventory;
  const candidates = inventories.filter(
    (inventory): inventory is NetboxInventoryConfig =>
      inventory.kind === 'netbox' && (wanted === undefined || inventory.name === wanted),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** What is wrong with the webhooks beyond their schema. */
export async function webhookProblems(config: Config): Promise<readonly FieldProblem[]> {
  const netbox = config.webhooks?.netbox;
  if (netbox === undefined) return [];
  const problems: FieldProblem[] = [];
  if (webhookInventory(config) === undefined) {
    problems.push(
      netbox.inventory === undefined
        ? {
            pointer: '/webhooks/netbox',
            message: 'does not say which inventory it belongs to',
            remedy: 'name one of kind netbox in `inventory`',
          }
        : {
            pointer: '/webhooks/netbox/inventory',
            message: 'is no inventory of kind netbox',
            remedy: 'name one that is, or leave it out',
          },
    );
  }
  const file = await openSecretFile(netbox.secretFile);
  if (file.kind === 'refused') problems.push({ pointer: '/webhooks/netbox/secretFile', ...file.problem });
  else if (file.content.trim().length < shortestSecret) {
    problems.push({
      pointer: '/webhooks/netbox/secretFile',
      message: `holds less than ${shortestSecret} characters`,
      remedy: 'make a random secret, such as `openssl rand -hex 32` gives, and put it into NetBox too',
    });
  }
  return problems;
}
