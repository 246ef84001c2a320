import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { type Signal, type SignalBody, encodeSignal } from '#shared/schema/signal.ts';

/**
 * Numbers what two devices say to each other in a call. A session is one connection of both: who was reloaded begins a
 * higher one, and whoever hears of it takes it over. What belongs to an earlier session, comes twice or comes late, is
 * dropped.
 */
export interface Numbers {
  /** The session and number of the next thing that we say. */
  next(): Pick<Signal, 'session' | 'n'>;
  /**
   * `new`: the first of a session that the other side has begun. One that begins right after another is passed over:
   * whoever was reloaded says everything again. `many`: a session more than people ever need in a call.
   */
  judge(heard: Pick<Signal, 'session' | 'n'>): 'good' | 'new' | 'old' | 'many';
  session(): number;
  /** They have been heard in this session. */
  hasHeard(): boolean;
}

/** Each has four pictures of its own, so that each is one more guess for whoever sits in between with the keys. */
export const MOST_SESSIONS = 16;
const SESSION_EVERY_MS = 2_000;

export function createNumbers(first: number, now: () => number = () => performance.now()): Numbers {
  let session = first;
  let sessions = 1;
  let began = -Infinity;
  let said = 0;
  let heard = 0;
  return {
    next: () => ({ session, n: ++said }),
    judge(signal) {
      if (signal.session < session || (signal.session === session && signal.n <= heard)) return 'old';
      if (signal.session === session) {
        heard = signal.n;
        return 'good';
      }
      if (now() - began < SESSION_EVERY_MS) return 'old';
      if (sessions === MOST_SESSIONS) return 'many';
      sessions++;
      began = now();
      ({ session, n: heard } = signal);
      said = 0;
      return 'new';
    },
    session: () => session,
    hasHeard: () => heard > 0,
  };
}

/** Says things to one device, in order. */
export interface Voice {
  /** Resolves when it has left, or could not. */
  say(numbered: Pick<Signal, 'session' | 'n'>, body: SignalBody): Promise<void>;
}

interface VoiceDeps {
  readonly call: OpId;
  readonly peer: UserId;
  readonly device: DeviceId;
  readonly seal: (peer: UserId, payload: Bytes) => Promise<Bytes>;
  readonly send: (to: UserId, device: DeviceId, envelope: Bytes) => void;
  readonly failed: (error: unknown) => void;
  readonly now?: () => number;
}

/** The server hangs up on who says more than 50 a second; most of a call is said at its beginning. */
const AT_ONCE = 40;
const PER_SECOND = 20;

export function createVoice(deps: VoiceDeps): Voice {
  const { call, peer, device, seal, send, failed, now = () => performance.now() } = deps;
  let saying = Promise.resolve();
  let left = AT_ONCE;
  let counted = now();

  /** What is too much gets lost, as anything may on the way: the other side can't make this one say ever more. */
  function isTooMuch(): boolean {
    const at = now();
    left = Math.min(AT_ONCE, left + ((at - counted) / 1000) * PER_SECOND);
    counted = at;
    if (left < 1) return true;
    left--;
    return false;
  }

  return {
    say({ session, n }, body) {
      if (isTooMuch()) return saying;
      saying = saying
        .then(async () => send(peer, device, await seal(peer, encodeSignal({ call, session, n, body }))))
        .catch(failed);
      return saying;
    },
  };
}
