import { readApplied } from '../apply/records/applied.ts';
import type { Command } from '../command-line.ts';
import { machineIds, objectionTo } from '../configuration/admission.ts';
import { type DriveReading, type DriveValidators, readDrive } from '../configuration/drive.ts';
import { keptDrive } from '../kept-drive/kept-drive.ts';
import type { System } from '../system/system.ts';

/** What a run was asked for. */
export type Run = Extract<Command, { kind: 'plan' | 'apply' }>;

/** Why nothing is to be done where policy has a guest dressed by its own cloud-init: two would undo each other's work. */
export const leftToCloudInit = 'policy leaves this guest to its own cloud-init (guest: cloud-config)';

/**
 * The drive that was named, or else the one that was applied last; refused where it is genuine, but not for this machine
 * now. A root that is not running is not this machine.
 */
export function readGivenDrive(
  { drive, offline, instance }: Run,
  validators: DriveValidators,
  system: System,
): DriveReading {
  const folder = drive ?? keptDrive(system);
  if (folder === undefined) {
    return { kind: 'refused', reason: 'no drive is kept on this machine: name one with --drive DIR' };
  }
  const reading = readDrive(folder, validators, system);
  if (reading.kind === 'refused') return reading;
  const reason = objectionTo(reading.drive, {
    applied: readApplied(system),
    machine: offline ? [] : instance === undefined ? machineIds(system) : [instance],
    now: system.clock.now(),
  });
  return reason === undefined ? reading : { kind: 'refused', reason, manifest: reading.drive.manifest };
}
