import { batch } from '@preact/signals';
import { KEEP_EVERY_MS } from '#shared/call.ts';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { type Signal, decodeSignal } from '#shared/schema/signal.ts';
import type { CallEffect, CallEvent, Present } from '../calls/state.ts';
import { createPopOut } from '../calls/pop-out.ts';
import { watchQuality } from '../calls/quality.ts';
import type { Left, Remembered } from '../calls/remembered.ts';
import { createVoice } from '../calls/signals.ts';
import { createSpeaker } from '../calls/speaker.ts';
import { type Talk, createTalk } from '../calls/talk.ts';
import type { CallsModel, SideMedia } from '../models/calls.ts';
import { timers } from '../transport/timers.ts';
import type { Turn } from '../transport/turn-api.ts';
import type { CallDevices } from './calls-devices.ts';
import type { Inside } from './inside.ts';
import type { LockNews } from './lock-work.ts';
import { note } from './log.ts';

/** What is between the two devices of a call: signals under seal, sound and pictures, and how well they get through. */
export interface CallLine {
  /** Whether the server has a relay; null when it could not be asked in good time. */
  findServers(): Promise<boolean | null>;
  connect(wanted: Extract<CallEffect, { kind: 'connect' }>): void;
  signal(present: Present | null, from: UserId, device: DeviceId, envelope: Bytes): void;
  /** The network is back. */
  restart(): void;
  /** The server is within reach again: what was said meanwhile got lost. */
  repeat(): void;
  popOut(): void;
  /** Says farewell, if there is somebody to say it to, and goes on. */
  bye(then: () => void): void;
  close(): void;
}

interface CallLineDeps {
  readonly model: CallsModel;
  readonly inside: Inside;
  readonly remembered: Remembered;
  readonly turn: Turn;
  readonly devices: CallDevices;
  readonly hear: (event: CallEvent) => void;
}

/** What the other device says before our own log tells which call it is. */
const EARLY = 64;
/** A call begins without what the server has not told by then. */
const SERVERS_MS = 3_000;
/** What no friend's app can make happen. */
const NOT_THEIRS: ReadonlySet<ErrorCode> = new Set(['ENVELOPE_INVALID', 'ENVELOPE_MISMATCH', 'UNREADABLE']);
const SILENT: SideMedia = { microphone: false, camera: false, screen: false };

export function createCallLine(deps: CallLineDeps): CallLine {
  const { model, inside, remembered, turn, devices, hear } = deps;
  const { store, seat } = inside;
  const popOut = createPopOut((open) => {
    model.poppedOut.value = open;
  });
  let servers: readonly RTCIceServer[] = [];
  let talk: Talk | null = null;
  let route: { readonly call: OpId; readonly device: DeviceId } | null = null;
  let early: { readonly device: DeviceId; readonly said: Signal }[] = [];
  /** One after the other, in the order in which they came; each call has its own. */
  let opening = Promise.resolve();
  /** Calls that are done with: what is opened late is of one of them. */
  let over = 0;
  let theirVideo: MediaStream | null = null;
  let theirAudio: MediaStream | null = null;
  let end = () => {};

  async function freshServers(): Promise<readonly RTCIceServer[]> {
    const found = await turn.servers();
    model.hasRelay.value = found.relay;
    servers = found.servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    }));
    return servers;
  }

  async function unseal(from: UserId, envelope: Bytes): Promise<Bytes> {
    try {
      return await store.calls.openSignal(from, envelope);
    } catch (error) {
      if (error instanceof Failure && NOT_THEIRS.has(error.code)) hear({ kind: 'tampered' });
      throw error;
    }
  }

  async function take(during: number, from: UserId, device: DeviceId, envelope: Bytes): Promise<void> {
    const said = decodeSignal(await unseal(from, envelope));
    if (during !== over) return;
    if (!said.ok) throw new Failure(said.error, 'signal');
    if (talk === null && early.length === EARLY) return;
    early.push({ device, said: said.value });
    await catchUp();
  }

  /** Hears what came since there is a talk, and before. */
  async function catchUp(): Promise<void> {
    if (talk === null) return;
    for (let next = early.shift(); next !== undefined; next = early.shift()) {
      const { device, said } = next;
      if (said.call === route?.call && device === route.device) await talk?.hear(said);
    }
  }

  function inOrder(task: () => Promise<void>): void {
    opening = opening.then(task).catch((error: unknown) => note('a signal was dropped', error));
  }

  function showTheirs(side: SideMedia): void {
    batch(() => {
      model.theirs.value = side;
      model.theirPicture.value = side.camera || side.screen ? theirVideo : null;
      model.theirVoice.value = side.microphone ? theirAudio : null;
    });
    popOut.show(model.theirPicture.peek());
  }

  function connect({ call, peer, device, polite, again }: Extract<CallEffect, { kind: 'connect' }>): void {
    const voice = createVoice({
      call,
      peer,
      device,
      seal: (to, payload) => store.calls.sealSignal(to, payload),
      send: (to, at, envelope) => seat.signal(to, at, envelope),
      failed: (error) => note('a signal was not sent', error),
    });
    const speaker = createSpeaker(note);
    const before = again ? remembered.left(call) : null;
    const keepLeft = (session: number, { microphone, camera }: SideMedia) =>
      remembered.keep({ call, session, microphone, camera });
    let session = again ? sessionAfter(before) : 1;
    /** The page before this one may have shown some, which are not remembered. */
    let pictures = again ? 'others' : null;
    const { side, ...tracks } = devices.now();
    const made = createTalk({
      call,
      polite,
      again,
      session,
      tracks,
      side,
      relayOnly: model.relayOnly.peek(),
      servers,
      freshServers,
      timers,
      note,
      say: voice.say,
      began(next) {
        session = next;
        keepLeft(session, devices.now().side);
      },
      connected: () => hear({ kind: 'connected' }),
      lost: () => hear({ kind: 'lost' }),
      broken: (error) => hear({ kind: 'broken', error }),
      left: () => hear({ kind: 'bye' }),
      received({ audio, video }) {
        if (audio !== null) speaker.play(audio);
        theirAudio = audio === null ? null : new MediaStream([audio]);
        theirVideo = video === null ? null : new MediaStream([video]);
        showTheirs(model.theirs.peek());
      },
      showed: showTheirs,
      emoji(four) {
        if (talk !== made) return;
        const now = four?.join('') ?? pictures;
        batch(() => {
          if (pictures !== null && now !== pictures) model.emojiChanged.value = true;
          model.emoji.value = four;
        });
        pictures = now;
      },
    });
    talk = made;
    route = { call, device };
    devices.watch((state) => {
      made.send(state, state.side);
      keepLeft(session, state.side);
    });
    const stopSpeaker = model.chosen.subscribe(({ speaker: id }) => speaker.choose(id ?? ''));
    const stopQuality = watchQuality(
      () => made.stats(),
      ({ quality, relayed }) => {
        model.quality.value = model.current.peek()?.phase === 'live' ? quality : null;
        model.relayed.value = relayed;
      },
      note,
    );
    const lockNews = new BroadcastChannel('nexchat-lock');
    const keep = () => {
      seat.inCall(call, peer);
      keepLeft(session, devices.now().side);
      // Somebody who talks is here, though they touch nothing: the device does not lock itself.
      lockNews.postMessage({ t: 'used' } satisfies LockNews);
      made.repeat();
    };
    keep();
    const keeping = setInterval(keep, KEEP_EVERY_MS);
    end = () => {
      lockNews.close();
      clearInterval(keeping);
      stopQuality();
      stopSpeaker();
      speaker.close();
      made.close();
    };
    inOrder(catchUp);
  }

  return {
    async findServers() {
      const late = new Promise<null>((resolve) => timers.after(SERVERS_MS, () => resolve(null)));
      const found = freshServers().then(
        () => model.hasRelay.peek(),
        (error: unknown) => {
          note('the server names no relay', error);
          return null;
        },
      );
      return Promise.race([found, late]);
    },
    connect,
    signal(present, from, device, envelope) {
      if (present === null || present.phase === 'ended' || present.peer !== from) return;
      const during = over;
      inOrder(() => take(during, from, device, envelope));
    },
    restart: () => talk?.restart(),
    repeat: () => talk?.repeat(),
    popOut() {
      const stream = model.theirPicture.peek() ?? model.myPicture.peek();
      if (stream === null) return;
      popOut
        .open(stream, model.current.peek()?.name ?? '')
        .catch((error: unknown) => note('no small window', error));
    },
    bye(then) {
      if (talk === null) return then();
      void talk.bye().then(then);
    },
    close() {
      if (talk !== null) remembered.keep(null);
      end();
      end = () => {};
      talk = null;
      route = null;
      early = [];
      opening = Promise.resolve();
      over++;
      [theirVideo, theirAudio] = [null, null];
      popOut.close();
      batch(() => {
        model.theirs.value = SILENT;
        model.theirPicture.value = null;
        model.theirVoice.value = null;
        model.quality.value = null;
        model.emoji.value = null;
        model.emojiChanged.value = false;
        model.relayed.value = false;
      });
    },
  };
}

/** Higher than that of the page before this one; without its word, higher than any count. */
const sessionAfter = (left: Left | null): number =>
  left === null ? Math.floor(Date.now() / 1000) : left.session + 1;
