import type { OpId } from '#shared/ids.ts';
import type { DeviceKind } from '../models/calls.ts';
import type { Chosen } from './media.ts';

/** What this browser remembers of calls; nothing of it is secret. */
export interface Remembered {
  chosen(): Chosen;
  choose(kind: DeviceKind, id: string): void;
  relayOnly(): boolean;
  setRelayOnly(on: boolean): void;
  /** How this device was in a call moments ago, for the page that comes after a reload. */
  left(call: OpId): Left | null;
  keep(left: Left | null): void;
  /** The page goes: what is kept was true until now. */
  touch(): void;
}

export interface Left {
  readonly call: OpId;
  /** See shared/schema/signal.ts. */
  readonly session: number;
  readonly microphone: boolean;
  readonly camera: boolean;
}

const PREFIX = 'nexchat-call';
/**
 * A page may come back into a call for as long as the other side looks for it, in ms. Later nobody expects an open
 * microphone.
 */
const BACK_WITHIN_MS = 45_000;

/**
 * @param lasting what is chosen for all calls.
 * @param page what lives as long as a tab does, also when it is reloaded: who closes one has left the call.
 */
export function createRemembered(
  lasting: Storage,
  page: Storage,
  note: (what: string, error: unknown) => void,
  now: () => number = Date.now,
): Remembered {
  /** Some browsers keep nothing for a site, and say so with an error. */
  function read(name: string, storage = lasting): string | null {
    try {
      return storage.getItem(`${PREFIX}-${name}`);
    } catch (error) {
      note('what was chosen can’t be read', error);
      return null;
    }
  }

  function write(name: string, value: string | null, storage = lasting): void {
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
      const [of, session, microphone, camera, at] = (read('left', page) ?? '').split(' ');
      if (of !== call || !isCount(session) || !isCount(at)) return null;
      if (Math.abs(now() - Number(at)) > BACK_WITHIN_MS) return null;
      return { call, session: Number(session), microphone: microphone === 'on', camera: camera === 'on' };
    },
    keep(left) {
      if (left === null) return write('left', null, page);
      const { call, session, microphone, camera } = left;
      const words = [call, session, microphone ? 'on' : 'off', camera ? 'on' : 'off', now()];
      write('left', words.join(' '), page);
    },
    touch() {
      const words = read('left', page)?.split(' ').slice(0, -1);
      if (words !== undefined) write('left', [...words, now()].join(' '), page);
    },
  };
}

const isCount = (word: string | undefined): boolean =>
  word !== undefined && /^\d{1,16}$/.test(word) && Number.isSafeInteger(Number(word));
