import { stableJson } from '../drive/tree/stable-json.ts';
import { vendorData } from '../drive/tree/vendor-data.ts';
import type { StoredGeneration } from '../store/store.ts';

/**
 * In which form Nova gets its answer. `object`: facts, and under `cloud-init` what starts our launcher. `cloud-init`: that
 * part alone, as a string: cloud-init reads `vendor_data2.json` only where the key `cloud-init` at its top, Nova's name of
 * the target, is no object (`cloudinit/sources/__init__.py`, `convert_vendordata`).
 */
export type NovaAnswerForm = 'object' | 'cloud-init';

/** Vendor-data of a generation, the same bytes for the same generation: Nova asks five times for one drive. */
export function novaAnswer(generation: StoredGeneration, form: NovaAnswerForm): Buffer {
  const startup = vendorData(generation)['cloud-init'];
  if (form === 'cloud-init') return stableJson(startup);
  const { instance, hostname } = generation.guest;
  return stableJson({
    'cloud-init': startup,
    generation: generation.number,
    hostname: hostname.fqdn ?? hostname.name,
    instance,
  });
}

/** What Nova gets where there is nothing to say. */
export const emptyNovaAnswer = stableJson({});
