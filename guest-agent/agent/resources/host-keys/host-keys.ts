import type { FileView } from '../../plan/machine.ts';
import { type Change, emptyPlan, type Generation, type Resource } from '../../plan/plan.ts';
import { rootOwned, type Step } from '../../plan/step.ts';
import { serviceManager } from '../../platform/services/service-manager.ts';

const folder = '/etc/ssh';
/** Those that `ssh-keygen -A` makes and sshd still takes. */
const knownTypes = ['rsa', 'ecdsa', 'ed25519'] as const;

/** For which instance host keys were seen to. */
const recordPath = '/var/lib/ubugi/host-keys';

/**
 * SSH host keys of a new instance, in place before sshd starts: an image's are known to all that have the image. They are
 * made on the running machine, once; where cloud-init runs for this instance, it makes them.
 */
export const hostKeys: Resource = {
  name: 'host-keys',
  plan({ guest: { instance, hostname } }, machine) {
    const plan = emptyPlan('host-keys');
    const { files } = machine;
    const keygen = machine.program('ssh-keygen');
    if (keygen === undefined || machine.program('sshd') === undefined) return plan;
    if (files.text(recordPath) === `${instance.id}\n`) return plan;
    if (isLeftToCloudInit(instance.id, files)) {
      return {
        ...plan,
        steps: [record(instance.id)],
        skipped: 'cloud-init makes them for this instance',
      };
    }
    if (machine.offline) return { ...plan, skipped: 'made when the machine starts' };
    const there = files.list(folder).filter((name) => /^ssh_host_\w+_key(-cert)?(\.pub)?$/.test(name));
    const kept = knownTypes.filter((type) => there.includes(keyName(type)));
    const types = kept.length > 0 ? kept : knownTypes;
    const made = new Set(types.flatMap((type) => [keyName(type), `${keyName(type)}.pub`]));
    const gone = there.filter((name) => !made.has(name)).map((name) => `${folder}/${name}`);
    return {
      ...plan,
      generated: types.map((type) => generation(type, `root@${hostname.name}`, keygen, files)),
      steps: [...gone.map((path): Step => ({ kind: 'remove', path })), record(instance.id)],
      changes: [
        ...types.map((type) => change(keyName(type), there)),
        ...gone.map((target): Change => ({ action: 'remove', target })),
      ],
      live: serviceManager(machine).reload(['ssh', 'sshd'], machine),
    };
  },
};

const keyName = (type: string): string => `ssh_host_${type}_key`;

/** It remembers by instance what it did, and sets the link before anything that it runs. */
function isLeftToCloudInit(instance: string, files: FileView): boolean {
  return (
    files.link('/var/lib/cloud/instance')?.endsWith(`/${instance}`) === true ||
    files.entry(`/var/lib/cloud/instances/${instance}/sem/config_ssh`) !== undefined
  );
}

function record(instance: string): Step {
  return { kind: 'file', path: recordPath, text: `${instance}\n`, attributes: rootOwned(0o600) };
}

function change(name: string, there: readonly string[]): Change {
  return { action: there.includes(name) ? 'update' : 'create', target: `${folder}/${name}` };
}

function generation(type: string, comment: string, keygen: string, files: FileView): Generation {
  const name = keyName(type);
  const attributes = (path: string, mode: number) => {
    const entry = files.entry(path);
    // Some distributions let a group of their own read it.
    return entry?.kind === 'file' ? { mode: entry.mode, uid: entry.uid, gid: entry.gid } : rootOwned(mode);
  };
  return {
    argv: (staged) => [keygen, '-q', '-t', type, '-N', '', '-C', comment, '-f', `${staged}/${name}`],
    files: [
      { name, path: `${folder}/${name}`, attributes: attributes(`${folder}/${name}`, 0o600) },
      {
        name: `${name}.pub`,
        path: `${folder}/${name}.pub`,
        attributes: attributes(`${folder}/${name}.pub`, 0o644),
      },
    ],
  };
}
