import { concat } from '#shared/bytes.ts';
import type { Bytes } from '#shared/ids.ts';
import type { Connection, Timers, Transport, TransportEvents } from '#sync/client/ports.ts';
import { decodeDownExchange, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import { refusalOf } from './http.ts';
import { type Tokens, linkCodeOf } from './tokens.ts';

interface ExchangeDeps {
  /** The server's origin, without a slash at the end. */
  readonly base: string;
  readonly tokens: Pick<Tokens, 'current' | 'renew'>;
  readonly timers: Timers;
  /** Told what an answer held, after it was handed on. */
  readonly answered?: (frames: readonly Down[]) => void;
  /** How long one exchange may take, in milliseconds. */
  readonly timeoutMs?: number;
}

/** The server answers within 20 s; the rest is for the way. */
const TIMEOUT_MS = 45_000;
/** What fits into the shortest array header; the server takes one more. */
const MOST_FRAMES = 15;

/**
 * The sync client's transport where no socket gets through, and in the service worker: each connection is one
 * `POST /api/sync`. It opens at once, posts the hello with what the client says in the same breath, gives every frame
 * of the answer and ends with EXCHANGED. What the client says later (such as `took`) has nobody to hear it any more;
 * the next hello says the same.
 */
export function createExchangeTransport(deps: ExchangeDeps): Transport {
  const { base, tokens, timers } = deps;
  /** A refused token was looked into since the last exchange that worked. */
  let renewed = false;

  return {
    connect(events: TransportEvents): Connection {
      const abort = new AbortController();
      const frames: Uint8Array[] = [];
      let state: 'open' | 'asked' | 'over' = 'open';

      const finish = (code: string | null) => {
        if (state === 'over') return;
        state = 'over';
        cancelTimeout();
        abort.abort();
        events.closed(code);
      };
      const cancelTimeout = timers.after(deps.timeoutMs ?? TIMEOUT_MS, () => finish('OFFLINE'));

      const ask = async () => {
        state = 'asked';
        const token = await tokens.current();
        abort.signal.throwIfAborted();
        const response = await fetch(`${base}/api/sync`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/msgpack', Authorization: `Bearer ${token}` },
          body: arrayOf(frames),
          credentials: 'same-origin',
          cache: 'no-store',
          redirect: 'error',
          signal: abort.signal,
        });
        if (response.status === 401) return renewOnce();
        if (!response.ok) return finish(refusalOf(response.status, await response.text()).code);
        deliver(new Uint8Array(await response.arrayBuffer()));
      };

      const deliver = (body: Uint8Array) => {
        renewed = false;
        const answer = decodeDownExchange(body);
        if (!answer.ok) return finish(answer.error);
        for (const frame of answer.value) {
          // The client may have heard enough.
          if (state === 'asked') events.frame(encodeFrame(frame));
        }
        finish('EXCHANGED');
        deps.answered?.(answer.value);
      };

      /** Only a renewal tells whether the token was merely old or the sign-in has ended. */
      const renewOnce = async () => {
        if (!renewed) await tokens.renew();
        renewed = true;
        finish(null);
      };

      // Nobody hears an event before `connect` has returned.
      queueMicrotask(() => {
        if (state === 'open') events.open(true);
      });

      return {
        send(data) {
          if (state !== 'open' || frames.length === MOST_FRAMES) return;
          frames.push(data);
          if (frames.length > 1) return;
          queueMicrotask(() => {
            if (state === 'open') ask().catch((error: unknown) => finish(linkCodeOf(error)));
          });
        },
        close: () => finish(null),
      };
    },
  };
}

/** A MessagePack array ("fixarray" of its specification) of values that are encoded already. */
function arrayOf(encoded: readonly Uint8Array[]): Bytes {
  return concat([0x90 | encoded.length], ...encoded);
}
