import type { Bytes } from '#shared/ids.ts';
import type { Connection, Transport } from '#sync/client/ports.ts';
import type { Attached, Peer } from '#sync/server/server.ts';
import { decodeUp, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Up } from '#sync/wire/up.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface LinkFaults {
  /** Milliseconds one way. */
  readonly latency: readonly [number, number];
  /** Chance that a connection attempt fails. */
  readonly refuse: number;
  /** Chance, per delivery, that the connection dies with it. */
  readonly cut: number;
  /** Chance, per delivery, that the connection goes deaf, in one direction or both, and nobody is told. */
  readonly deaf: number;
}

/** Where connections lead; undefined when no server listens. */
export interface Host {
  accept(peer: Pick<Peer, 'send' | 'close' | 'buffered'>): Attached | undefined;
  exchange(frames: readonly Up[]): Promise<Down[]> | undefined;
}

export interface Link extends Transport {
  cutAll(): void;
}

type Way = 'up' | 'down';

/** Sockets as TCP gives them: in order, delayed, cut, or half open. Nothing is guaranteed beyond order. */
export function createSocketLink(
  world: World,
  random: SeededRandom,
  faults: () => LinkFaults,
  host: Host,
  /** Told of every try. */
  onConnect: () => void,
): Link {
  const open = new Set<() => void>();

  return {
    cutAll() {
      for (const die of open) die();
    },
    connect(events) {
      onConnect();
      let attached: Attached | undefined;
      let state: 'opening' | 'open' | 'closed' = 'opening';
      const deaf = { up: false, down: false };
      // What is said in one moment travels together, and never overtakes what was said before.
      const flights: Record<Way, { at: number; said: number; actions: (() => void)[] }> = {
        up: { at: 0, said: 0, actions: [] },
        down: { at: 0, said: 0, actions: [] },
      };

      function deliver(way: Way, action: () => void): void {
        const flight = flights[way];
        if (flight.said === world.now() && flight.actions.length > 0) {
          flight.actions.push(action);
          return;
        }
        const { latency, cut, deaf: deafening } = faults();
        const at = Math.max(flight.at, world.now() + random.between(...latency));
        const next = { at, said: world.now(), actions: [action] };
        flights[way] = next;
        if (state === 'open' && random.chance(cut)) world.after(random.between(0, 50), die);
        if (state === 'open' && random.chance(deafening)) {
          const ways = random.between(1, 3);
          deaf.up ||= (ways & 1) > 0;
          deaf.down ||= (ways & 2) > 0;
        }
        world.after(at - world.now(), () => {
          const { actions } = next;
          next.actions = [];
          for (const one of actions) if (state === 'open' && !deaf[way]) one();
        });
      }

      /** Both ends learn of it, each at its time. */
      function die(): void {
        if (state === 'closed') return;
        const wasOpen = state === 'open';
        state = 'closed';
        open.delete(die);
        if (wasOpen) world.after(random.between(0, 100), () => attached?.closed());
        world.after(random.between(0, 100), () => events.closed(null));
      }

      world.after(random.between(...faults().latency) * 2, () => {
        if (state !== 'opening') return;
        if (random.chance(faults().refuse)) return die();
        attached = host.accept({
          send: (data: Bytes) => deliver('down', () => events.frame(data)),
          close: () => deliver('down', die),
          buffered: () => 0,
        });
        if (!attached) return die();
        state = 'open';
        open.add(die);
        events.open();
      });

      return {
        send: (data) => deliver('up', () => attached?.receive(data)),
        close() {
          // Over a dead way the other side does not hear of it, until its own limit runs out.
          const silent = deaf.up;
          state = 'closed';
          open.delete(die);
          world.after(silent ? 120_000 : random.between(0, 100), () => attached?.closed());
        },
      };
    },
  };
}

/** Exchanges over HTTP: the hello and what is said with it, one answer, and the end. */
export function createExchangeLink(
  world: World,
  random: SeededRandom,
  faults: () => LinkFaults,
  host: Host,
  onConnect: () => void,
): Link {
  const open = new Set<() => void>();

  return {
    cutAll() {
      for (const die of open) die();
    },
    connect(events): Connection {
      onConnect();
      const said: Up[] = [];
      let over = false;
      const way = (action: () => void): void => {
        const { latency, cut, refuse } = faults();
        if (random.chance(refuse) || random.chance(cut)) world.after(random.between(10, 20_000), die);
        else world.after(random.between(...latency), () => over || action());
      };

      function finish(code: string | null): void {
        if (over) return;
        over = true;
        open.delete(die);
        events.closed(code);
      }
      const die = (): void => finish('OFFLINE');

      function ask(frames: readonly Up[]): void {
        const answer = host.exchange(frames);
        if (!answer) return die();
        // A server that dies leaves the question without an answer.
        void answer.then((answers) => way(() => deliver(answers)));
      }

      function deliver(frames: readonly Down[]): void {
        for (const frame of frames) if (!over) events.frame(encodeFrame(frame));
        finish('EXCHANGED');
      }

      open.add(die);
      world.after(0, () => over || events.open(true));
      return {
        send(data) {
          const frame = decodeUp(data);
          if (!frame.ok) throw new Error(frame.error);
          if (said.push(frame.value) > 1) return;
          // What is said later nobody hears.
          queueMicrotask(() => {
            const frames = [...said];
            way(() => ask(frames));
          });
        },
        close: () => finish(null),
      };
    },
  };
}
