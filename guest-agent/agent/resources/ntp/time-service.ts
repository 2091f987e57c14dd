import type { Ntp } from '../../../../schemas/types/common.ts';
import type { Machine } from '../../plan/machine.ts';
import type { Backend } from '../resource-backend.ts';

/** A time service. Several may be installed (`suits`), and one of them sets the clock. */
export interface TimeService extends Backend<Ntp> {
  /** Whether it is started at boot. */
  isInUse(machine: Machine): boolean;
}
