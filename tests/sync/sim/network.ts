import type { Bytes } from '#shared/ids.ts';
import type { Connection, Transport, TransportEvents } from '#sync/client/ports.ts';
import type { Attached, Peer } from '#sync/server/connection.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface LinkFaults {
  /** Milliseconds one way. */
  readonly latency: readonly [number, number];
  /** Chance that a connection attempt fails. */
  readonly refuse: number;
  /** Chance, per frame, that the connection dies with it. */
  readonly cut: number;
  /** Chance, per frame, that the connection goes deaf in both directions and nobody is told. */
  readonly freeze: number;
}

/** Takes an incoming connection; undefined when no server listens. */
export type Listen = (peer: Pick<Peer, 'send' | 'close' | 'buffered'>) => Attached | undefined;

/** Connections as TCP gives them: in order, delayed, cut, or half open. Nothing is guaranteed beyond order. */
export function createTransport(
  world: World,
  random: SeededRandom,
  faults: () => LinkFaults,
  listen: Listen,
): Transport & { cutAll(): void } {
  const open = new Set<() => void>();

  return {
    cutAll() {
      for (const cut of open) cut();
    },
    connect(events: TransportEvents): Connection {
      let attached: Attached | undefined;
      let state: 'opening' | 'open' | 'frozen' | 'closed' = 'opening';
      // A frame never overtakes the one before it.
      const arrivesAt = { up: 0, down: 0 };

      function deliver(direction: 'up' | 'down', action: () => void): void {
        const { latency, cut, freeze } = faults();
        const at = Math.max(arrivesAt[direction], world.now() + random.between(...latency));
        arrivesAt[direction] = at;
        if (state === 'open' && random.chance(cut)) world.after(random.between(0, 50), die);
        if (state === 'open' && random.chance(freeze)) state = 'frozen';
        world.after(at - world.now(), () => {
          if (state === 'open') action();
        });
      }

      /** Both ends learn of it, each at its time. */
      function die(): void {
        if (state === 'closed') return;
        const wasOpen = state !== 'opening';
        state = 'closed';
        open.delete(die);
        if (wasOpen) world.after(random.between(0, 100), () => attached?.closed());
        world.after(random.between(0, 100), () => events.closed(null));
      }

      world.after(random.between(...faults().latency) * 2, () => {
        if (state !== 'opening') return;
        if (random.chance(faults().refuse)) return die();
        attached = listen({
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
          // A frozen connection is not heard of by the other side either, until its own limit runs out.
          const silent = state === 'frozen';
          const old = attached;
          state = 'closed';
          open.delete(die);
          world.after(silent ? 120_000 : random.between(0, 100), () => old?.closed());
        },
      };
    },
  };
}
