import type { OpId } from '#shared/ids.ts';
import type { DeviceKind } from '../models/calls.ts';
import type { Chosen } from './media.ts';

/** What this browser remembers of calls; nothing of it is secret. */
export interface Remembered {
  chosen(): Chosen;
  choose(kind: DeviceKind, id: string): void;
  relayOnly(): boolean;
  setRelayOnly(on: boolean): void;
  /** How this device was in a call, for the page that comes after a reload. */
  left(call: OpId): Left | null;
  keep(left: Left | null): void;
}

export interface Left {
  readonly call: OpId;
  /** See shared/schema/signal.ts. */
  readonly session: number;
  readonly microphone: boolean;
  readonly camera: boolean;
}

const PREFIX = 'nexchat-call';

export function createRemembered(storage: Storage, note: (what: string, error: unknown) => void): Remembered {
  /** Some browsers keep nothing for a site, and say so with an error. */
  function read(name: string): string | null {
    try {
      return storage.getItem(`${PREFIX}-${name}`);
    } catch (error) {
      note('what was chosen can’t be read', error);
      return null;
    }
  }

  function write(name: string, value: string | null): void {
    try {
      if (value === null) storage.removeItem(`${PREFIX}-${name}`);
      else storage.setItem(`${PREFIX}-${name}`, value);
    } catch (error) {
      note('what was chosen can’t be kept', error);
    }
  }

  return {
    chosen: () => ({ microphone: read('microphone'), camera: read('camera'), speaker: read('speaker') }),
    choose: write,
    relayOnly: () => read('relay-only') === 'yes',
    setRelayOnly: (on) => write('relay-only', on ? 'yes' : null),
    left(call) {
      const [of, session, microphone, camera] = (read('left') ?? '').split(' ');
      if (of !== call || !/^\d{1,9}$/.test(session ?? '')) return null;
      return { call, session: Number(session), microphone: microphone === 'on', camera: camera === 'on' };
    },
    keep(left) {
      if (left === null) return write('left', null);
      const { call, session, microphone, camera } = left;
      write('left', [call, session, microphone ? 'on' : 'off', camera ? 'on' : 'off'].join(' '));
    },
  };
}
