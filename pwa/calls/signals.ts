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
  /** `new`: the first of a session that the other side has begun. */
  judge(heard: Pick<Signal, 'session' | 'n'>): 'good' | 'new' | 'old';
  session(): number;
  /** They have been heard in this session. */
  hasHeard(): boolean;
}

export function createNumbers(first: number): Numbers {
  let session = first;
  let said = 0;
  let heard = 0;
  return {
    next: () => ({ session, n: ++said }),
    judge(signal) {
      if (signal.session < session || (signal.session === session && signal.n <= heard)) return 'old';
      heard = signal.n;
      if (signal.session === session) return 'good';
      session = signal.session;
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
}

export function createVoice({ call, peer, device, seal, send, failed }: VoiceDeps): Voice {
  let saying = Promise.resolve();
  return {
    say({ session, n }, body) {
      saying = saying
        .then(async () => send(peer, device, await seal(peer, encodeSignal({ call, session, n, body }))))
        .catch(failed);
      return saying;
    },
  };
}
