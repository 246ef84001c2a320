import type { UserId } from '#shared/ids.ts';
import type { BusEvent, Timers } from '#sync/server/ports.ts';
import type { Frame } from './frame.ts';

export interface PeersDeps {
  /** Names this process among the others, and among its own earlier lives. */
  readonly node: string;
  readonly timers: Timers;
  /** Milliseconds between two signs of life. */
  readonly beat: number;
  /** Hands a frame to the others. What can't be handed over is dropped: they will miss its number. */
  readonly send: (frame: Frame) => void;
  /** Tells this node's subscribers what another node has said. */
  readonly deliver: (event: BusEvent) => void;
}

/** What is said between nodes, whatever carries it. */
export interface Peers {
  publish(event: BusEvent): void;
  hear(frame: Frame): void;
  /** The way to the others is open, for the first time or again. */
  greet(): void;
  /** Says what is left to say, and nothing more. */
  stop(): void;
}

/** A node that was not heard between so many of our beats is gone, and its people with it. */
const SILENT_BEATS = 3;
/** Events in one frame, and the bytes of what devices in calls say to each other. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 1_048_576;

interface Peer {
  /** The number of its last frame that was heard. */
  n: number;
  /** Beats of ours since it was heard. */
  silent: number;
  /** We missed something of it and need its roster. Asked for again with every beat: what asks may be lost as well. */
  owes: boolean;
}

/**
 * Frames are numbered, so a loss is noticed by the next frame or beat, wherever it happened: then our subscribers are
 * told `lost`, and the other node is asked who is connected to it. A beat also says that a node still lives.
 */
export function createPeers({ node, timers, beat, send, deliver }: PeersDeps): Peers {
  const peers = new Map<string, Peer>();
  const here = new Set<UserId>();
  let said = 0;
  /** What is said at the end of this turn of the event loop. */
  let waiting: BusEvent[] = [];
  /** Users of whom `waiting` says already that their logs grew. */
  const grown = new Set<UserId>();
  let asked = false;
  let scheduled: NodeJS.Immediate | null = null;
  let cancelBeat = timers.after(beat, onBeat);

  function flush(): void {
    scheduled = null;
    const events: BusEvent[] = asked ? [...waiting, { kind: 'roster', node, users: [...here] }] : waiting;
    waiting = [];
    grown.clear();
    asked = false;
    for (const part of inFrames(events)) {
      const after = said;
      said += 1;
      send({ node, after, n: said, greets: false, asks: '', events: part });
    }
  }

  function schedule(): void {
    scheduled ??= setImmediate(flush);
  }

  /** Says that we live, and how much we have said. */
  function sign({ greets = false, asks = '' } = {}): void {
    send({ node, after: said, n: said, greets, asks, events: [] });
  }

  function onBeat(): void {
    sign();
    for (const [name, peer] of peers) {
      peer.silent += 1;
      if (peer.silent < SILENT_BEATS) continue;
      peers.delete(name);
      deliver({ kind: 'roster', node: name, users: [] });
    }
    cancelBeat = timers.after(beat, onBeat);
  }

  return {
    publish(event) {
      if (event.kind === 'presence') {
        if (event.online) here.add(event.user);
        else here.delete(event.user);
      }
      if (event.kind === 'grew') {
        if (grown.has(event.user)) return;
        grown.add(event.user);
      }
      waiting.push(event);
      schedule();
    },

    hear(frame) {
      if (frame.node === node) return;
      const before = peers.get(frame.node) ?? { n: 0, owes: false };
      const missed = frame.after !== before.n;
      const answers = frame.events.some(({ kind }) => kind === 'roster');
      const owes = (before.owes || missed) && !answers;
      peers.set(frame.node, { n: frame.n, silent: 0, owes });
      for (const event of frame.events) deliver(event);
      if (missed) deliver({ kind: 'lost' });
      if (owes && (missed || isBeat(frame))) sign({ asks: frame.node });
      if (frame.greets) sign();
      if (frame.asks === node) {
        asked = true;
        schedule();
      }
    },

    greet: () => sign({ greets: true }),

    stop() {
      cancelBeat();
      if (!scheduled) return;
      clearImmediate(scheduled);
      flush();
    },
  };
}

function isBeat({ events }: Frame): boolean {
  return events.length === 0;
}

function* inFrames(events: readonly BusEvent[]): Generator<readonly BusEvent[]> {
  let [from, bytes] = [0, 0];
  for (const [at, event] of events.entries()) {
    if (at - from >= MOST_EVENTS || bytes >= MOST_BYTES) {
      yield events.slice(from, at);
      [from, bytes] = [at, 0];
    }
    if (event.kind === 'signal') bytes += event.envelope.byteLength;
  }
  if (from < events.length) yield events.slice(from);
}
