import { AdapterError } from '../machine-adapter.ts';
import { type QmpClient, QmpRefusal } from './qmp-client.ts';

/** An emulated guest under load needs half a minute to let go. */
const letGoMs = 120_000;

interface BlockDevice {
  readonly qdev?: unknown;
  readonly tray_open?: unknown;
  readonly inserted?: unknown;
}

/**
 * Puts what lies at a path into a CD-ROM. The guest is asked to open a locked tray once; an open tray is taken as it is,
 * and an empty one is opened by force. @param device id of the CD-ROM's device @throws AdapterError
 */
export async function changeMedium(qmp: QmpClient, device: string, path: string): Promise<void> {
  try {
    const state = await stateOf(qmp, device);
    if (!state.open) await openTray(qmp, device, state.filled);
    await qmp.execute('blockdev-remove-medium', { id: device });
    await qmp.execute('blockdev-change-medium', {
      id: device,
      filename: path,
      format: 'raw',
      'read-only-mode': 'read-only',
    });
  } catch (error) {
    if (!(error instanceof QmpRefusal)) throw error;
    throw new AdapterError(`QEMU did not change the medium of ${device} to ${path}: ${error.message}`, {
      cause: error,
    });
  }
}

async function openTray(qmp: QmpClient, device: string, filled: boolean): Promise<void> {
  // Listened for before it is asked: the guest may be quick.
  const opened = qmp.event(
    (name, data) => name === 'DEVICE_TRAY_MOVED' && data['id'] === device && data['tray-open'] === true,
  );
  opened.catch(() => undefined);
  try {
    await qmp.execute('blockdev-open-tray', { id: device, force: !filled });
  } catch (error) {
    if (!(error instanceof QmpRefusal) || !error.message.includes('is locked')) throw error;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new AdapterError(
              `the guest did not open the tray of ${device} within ${letGoMs / 1000} s; see in it what holds the medium`,
            ),
          ),
        letGoMs,
      );
    });
    await Promise.race([opened, late]).finally(() => clearTimeout(timer));
  }
}

async function stateOf(
  qmp: QmpClient,
  device: string,
): Promise<{ readonly open: boolean; readonly filled: boolean }> {
  const blocks = await qmp.execute('query-block');
  const found = Array.isArray(blocks)
    ? (blocks as readonly BlockDevice[]).find(({ qdev }) => qdev === device)
    : undefined;
  if (found === undefined) {
    throw new AdapterError(`QEMU has no block device ${device}; correct qemu.machines in the configuration`);
  }
  return { open: found.tray_open === true, filled: found.inserted !== undefined };
}
