import { Failure } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import type { Signal, SignalBody } from '#shared/schema/signal.ts';
import type { SideMedia } from '../models/calls.ts';
import { type Connection, type ConnectionDeps, type Tracks, createConnection } from './connection.ts';
import { type Short, createShort } from './emoji.ts';
import { createNumbers } from './signals.ts';

/** What two devices say to each other about their call: one session after the other, each with a connection. */
export interface Talk {
  /** One after the other, in the order in which they came. */
  hear(signal: Signal): Promise<void>;
  /** What the other side hears and sees, and is told of it. */
  send(tracks: Tracks, side: SideMedia): void;
  /** Says again what may have got lost while the call itself went on. */
  repeat(): void;
  restart(): void;
  stats(): Promise<RTCStatsReport>;
  /** Resolves when the other side was told that we go. */
  bye(): Promise<void>;
  close(): void;
}

interface TalkDeps extends Pick<
  ConnectionDeps,
  | 'polite'
  | 'relayOnly'
  | 'servers'
  | 'freshServers'
  | 'timers'
  | 'connected'
  | 'lost'
  | 'broken'
  | 'received'
  | 'note'
> {
  readonly call: OpId;
  /** 1, or above that of the page before this one. */
  readonly session: number;
  /** A page before this one was in the call. */
  readonly again: boolean;
  readonly tracks: Tracks;
  readonly side: SideMedia;
  readonly say: (numbered: Pick<Signal, 'session' | 'n'>, body: SignalBody) => Promise<void>;
  /** Another session counts from now on. */
  readonly began: (session: number) => void;
  readonly showed: (side: SideMedia) => void;
  readonly emoji: (emoji: readonly string[] | null) => void;
  readonly left: () => void;
}

/** What nobody answered for so long has got lost. */
const ASK_AGAIN_MS = 3_000;
/** Once there is a way. Later it is asked again with whatever else is repeated. */
const ASKS = 5;

export function createTalk(deps: TalkDeps): Talk {
  const { call, polite, timers } = deps;
  const numbers = createNumbers(deps.session);
  let { tracks, side } = deps;
  let short: Short | null = null;
  let shown = false;
  let cancelAgain = () => {};
  const say = (body: SignalBody) => deps.say(numbers.next(), body);
  const sayMedia = () => void say({ kind: 'media', ...side });
  let connection = connect();

  function connect(): Connection {
    const made: Connection = createConnection({
      ...deps,
      tracks,
      say: (body) => void say(body),
      described: () => begin(made),
      connected() {
        deps.connected();
        // Until now it may have got lost.
        sayMedia();
        insist();
      },
    });
    return made;
  }

  /** The certificates are known: the pictures can be worked out. */
  function begin(of: Connection): void {
    const ours = of.ours();
    if (of !== connection || ours === null || short !== null) return;
    short = createShort({
      call,
      isCaller: !polite,
      ours,
      theirs: () => of.theirs(),
      nonce: crypto.getRandomValues(new Uint8Array(32)),
      say: (body) => void say(body),
      done(emoji) {
        shown = true;
        deps.emoji(emoji);
      },
    });
    ask();
    sayMedia();
  }

  function ask(): void {
    short?.ask().catch(tampered);
  }

  function insist(times = ASKS): void {
    cancelAgain();
    if (shown || times === 0) return;
    cancelAgain = timers.after(ASK_AGAIN_MS, () => {
      ask();
      insist(times - 1);
    });
  }

  function tampered(error: unknown): void {
    if (error instanceof Failure) deps.broken(error.code);
    else deps.note('the pictures could not be worked out', error);
  }

  /** The other side was reloaded. */
  function beginAnew(): void {
    connection.close();
    cancelAgain();
    short = null;
    shown = false;
    deps.emoji(null);
    deps.lost();
    deps.began(numbers.session());
    connection = connect();
    if (!polite) connection.offer();
  }

  deps.began(numbers.session());
  if (deps.again) void say({ kind: 'rejoin' });
  if (!polite) connection.offer();

  return {
    async hear(signal) {
      if (signal.call !== call) return;
      const verdict = numbers.judge(signal);
      if (verdict === 'old') return;
      if (verdict === 'many') return deps.broken('CALL_TAMPERED');
      if (verdict === 'new') beginAnew();
      const { body } = signal;
      switch (body.kind) {
        case 'description':
        case 'candidate':
          return connection.hear(body);
        case 'media':
          return deps.showed({ microphone: body.microphone, camera: body.camera, screen: body.screen });
        case 'commit':
        case 'nonce':
        case 'reveal':
          // Before an offer that got lost; it is said again.
          return short?.hear(body).catch(tampered);
        case 'rejoin':
          return verdict === 'good' ? connection.repeat() : undefined;
        case 'bye':
          return deps.left();
      }
    },
    send(nextTracks, nextSide) {
      tracks = nextTracks;
      side = nextSide;
      connection.send(tracks);
      if (numbers.hasHeard()) sayMedia();
    },
    repeat() {
      if (numbers.hasHeard()) sayMedia();
      ask();
    },
    restart: () => connection.restart(),
    stats: () => connection.stats(),
    bye: () => say({ kind: 'bye' }),
    close() {
      cancelAgain();
      connection.close();
    },
  };
}
