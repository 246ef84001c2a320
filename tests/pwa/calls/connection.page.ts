import type { DeviceKind, SideMedia } from '#pwa/models/calls.ts';
import { createCallLock } from '#pwa/calls/call-lock.ts';
import { type Media, createMedia } from '#pwa/calls/media.ts';
import { readStats } from '#pwa/calls/quality.ts';
import { type Talk, createTalk } from '#pwa/calls/talk.ts';
import { Failure } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import { type Signal, type SignalBody, decodeSignal, encodeSignal } from '#shared/schema/signal.ts';

/** Two sides of a call in one page, with the camera and the microphone of the browser. */
const CALL = '01890000-0000-7000-8000-000000000001' as OpId;
type Name = 'caller' | 'callee';
const OTHER: Readonly<Record<Name, Name>> = { caller: 'callee', callee: 'caller' };

interface Side {
  talk: Talk;
  media: Media;
  connected: boolean;
  losses: number;
  session: number;
  broken: string | null;
  emoji: readonly string[] | null;
  theirs: SideMedia | null;
  video: HTMLVideoElement;
  said: number;
  left: boolean;
  hearing: Promise<void>;
}

const sides = new Map<Name, Side>();
/** What the wire does to what is said; null loses it. */
let wire: (from: Name, body: SignalBody) => SignalBody | null = (_from, body) => body;
/** Everything said before, for a wire that repeats it. */
const record: { readonly to: Name; readonly signal: Signal }[] = [];

const sideOf = (name: Name): Side => {
  const side = sides.get(name);
  if (side === undefined) throw new Error(`no ${name}`);
  return side;
};

function deliver(to: Name, said: Signal): void {
  const side = sides.get(to);
  const read = decodeSignal(encodeSignal(said));
  if (side === undefined || !read.ok) return;
  side.hearing = side.hearing.then(() => side.talk.hear(read.value));
}

async function openMedia(camera: boolean): Promise<Media> {
  const media = createMedia({
    devices: navigator.mediaDevices,
    changed: () => {},
    listed: () => {},
    chosen: { microphone: null, camera: null, speaker: null },
    remember: () => {},
    replaced: () => {},
    report: (error) => {
      throw error;
    },
  });
  await media.open({ microphone: true, camera });
  return media;
}

async function join(name: Name, camera: boolean, session = 1, again = false): Promise<void> {
  const media = await openMedia(camera);
  const video = document.createElement('video');
  [video.muted, video.autoplay] = [true, true];
  const blank = { connected: false, losses: 0, session, broken: null, emoji: null, theirs: null, said: 0 };
  const side = { ...blank, media, video, left: false, hearing: Promise.resolve() } as unknown as Side;
  sides.set(name, side);
  const { side: shown, ...tracks } = media.now();
  side.talk = createTalk({
    call: CALL,
    polite: name === 'callee',
    relayOnly: false,
    servers: [],
    freshServers: async () => [],
    timers: {
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    },
    session,
    again,
    tracks,
    side: shown,
    async say(numbered, body) {
      side.said++;
      const through = wire(name, body);
      if (through === null) return;
      const signal = { call: CALL, ...numbered, body: through };
      record.push({ to: OTHER[name], signal });
      // As over a network: later, in order.
      await Promise.resolve();
      deliver(OTHER[name], signal);
    },
    connected() {
      side.connected = true;
    },
    lost() {
      side.connected = false;
      side.losses++;
    },
    broken(code) {
      side.broken = code;
    },
    left() {
      side.left = true;
    },
    began(next) {
      side.session = next;
    },
    received({ video: track }) {
      video.srcObject = track === null ? null : new MediaStream([track]);
    },
    showed(theirs) {
      side.theirs = theirs;
    },
    emoji(four) {
      side.emoji = four;
    },
    note: () => {},
  });
}

const withOtherCertificate = (sdp: string) =>
  sdp.replaceAll(/(a=fingerprint:sha-256 )(..)/g, (_all, head: string, byte: string) =>
    byte === 'AA' ? `${head}BB` : `${head}AA`,
  );

/** Types below 96 mean the same codec everywhere, and can't be renamed. */
const withOtherCodecs = (sdp: string) =>
  sdp
    .replaceAll(/^a=(?:rtpmap|fmtp|rtcp-fb):\d{1,2} .*\r\n/gm, '')
    .replaceAll(/^(m=\w+ \d+ \S+) (.*)$/gm, (_all, head: string, types: string) => {
      const dynamic = types.split(' ').filter((type) => Number(type) >= 96);
      return [head, ...dynamic].join(' ');
    })
    .replaceAll(/^(a=rtpmap:\d+ )[^/]+\//gm, '$1nobody-has-this/');

const suite = {
  join,
  wire(
    rule: 'honest' | 'loses-first-offer' | 'loses-first-reveal' | 'foreign-certificate' | 'foreign-codec',
  ) {
    let lost = 0;
    wire = (from, body) => {
      if (rule === 'loses-first-reveal') return body.kind === 'reveal' && lost++ === 0 ? null : body;
      if (rule === 'honest' || body.kind !== 'description') return body;
      const { type, sdp } = body.description;
      if (rule === 'loses-first-offer') return type === 'offer' && lost++ === 0 ? null : body;
      const isOffer = from === 'caller' && type === 'offer';
      if (!isOffer) return body;
      const other = rule === 'foreign-certificate' ? withOtherCertificate(sdp) : withOtherCodecs(sdp);
      return { kind: 'description', description: { type, sdp: other } };
    };
  },
  state(name: Name) {
    const { connected, losses, broken, emoji, theirs, session, said, left } = sideOf(name);
    return { connected, losses, broken, emoji, theirs, session, said, left };
  },
  /** Of the other side's picture. */
  frames: (name: Name) => sideOf(name).video.getVideoPlaybackQuality().totalVideoFrames,
  async soundBytes(name: Name): Promise<number> {
    let bytes = 0;
    for (const stat of (await sideOf(name).talk.stats()).values()) {
      if (stat.type === 'inbound-rtp' && stat.kind === 'audio') bytes += Number(stat.bytesReceived);
    }
    return bytes;
  },
  async reading(name: Name) {
    const first = readStats((await sideOf(name).talk.stats()).values(), null);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { quality, relayed } = readStats((await sideOf(name).talk.stats()).values(), first.counted);
    return { quality, relayed };
  },
  async camera(name: Name, on: boolean) {
    const { media, talk } = sideOf(name);
    media.setCamera(on);
    while (media.now().side.camera !== on) await new Promise((resolve) => setTimeout(resolve, 10));
    talk.send(media.now(), media.now().side);
  },
  restart(...names: Name[]) {
    for (const name of names) sideOf(name).talk.restart();
  },
  /** A callee that is closed at the moment in which it hears an offer. */
  async closedWhileHearing(): Promise<string> {
    await join('callee', false);
    const caller = new RTCPeerConnection();
    caller.addTransceiver('audio');
    const { sdp = '' } = await caller.createOffer();
    caller.close();
    const body: SignalBody = { kind: 'description', description: { type: 'offer', sdp } };
    const hearing = sideOf('callee').talk.hear({ call: CALL, session: 1, n: 1, body });
    suite.vanish('callee');
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('still hears'), 2_000));
    return Promise.race([hearing.then(() => 'done'), late]);
  },
  /** Begins `sessions` in the name of the other side, after so many milliseconds of our clock each. */
  async floods(sessions: number, everyMs: number) {
    const { performance } = globalThis;
    const now = performance.now.bind(performance);
    let later = 0;
    performance.now = () => now() + later;
    await join('caller', false);
    const side = sideOf('caller');
    const { said } = side;
    for (let session = 2; session < 2 + sessions; session++) {
      await side.talk.hear({ call: CALL, session, n: 1, body: { kind: 'rejoin' } });
      later += everyMs;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    performance.now = now;
    return { said: side.said - said, session: side.session, broken: side.broken };
  },
  /** Everything that was said, once more. */
  repeatAll() {
    for (const { to, signal } of record) deliver(to, signal);
  },
  bye: (name: Name) => sideOf(name).talk.bye(),
  /** As a page that is reloaded. */
  vanish(name: Name) {
    const { talk, media, session } = sideOf(name);
    talk.close();
    media.close();
    sides.delete(name);
    return session;
  },
  async end() {
    for (const name of sides.keys()) suite.vanish(name);
    record.length = 0;
    suite.wire('honest');
  },

  // devices
  async media(camera: boolean) {
    const media = await openMedia(camera);
    const { audio, video } = media.now();
    return { media, audio, video };
  },
  async mediaError(name: string): Promise<string> {
    const refusing = {
      getUserMedia: () => Promise.reject(new DOMException('', name)),
      enumerateDevices: () => Promise.resolve([]),
      addEventListener: () => {},
      removeEventListener: () => {},
    } as unknown as MediaDevices;
    const media = createMedia({
      devices: refusing,
      changed: () => {},
      listed: () => {},
      chosen: { microphone: null, camera: null, speaker: null },
      remember: () => {},
      replaced: () => {},
      report: () => {},
    });
    return media.open({ microphone: true, camera: false }).then(
      () => 'opened',
      (error: unknown) => (error instanceof Failure ? error.code : 'INTERNAL'),
    );
  },
  async closedWhileOpening(): Promise<readonly MediaStreamTrackState[]> {
    const given: MediaStreamTrack[] = [];
    const { mediaDevices } = navigator;
    const slow = {
      async getUserMedia(constraints: MediaStreamConstraints) {
        const stream = await mediaDevices.getUserMedia(constraints);
        given.push(...stream.getTracks());
        await new Promise((resolve) => setTimeout(resolve, 100));
        return stream;
      },
      enumerateDevices: () => mediaDevices.enumerateDevices(),
      addEventListener: () => {},
      removeEventListener: () => {},
    } as unknown as MediaDevices;
    const media = createMedia({
      devices: slow,
      changed: () => {},
      listed: () => {},
      chosen: { microphone: null, camera: null, speaker: null },
      remember: () => {},
      replaced: () => {},
      report: () => {},
    });
    const opening = media.open({ microphone: true, camera: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    media.close();
    await opening;
    return given.map(({ readyState }) => readyState);
  },
  async goesThrough(): Promise<Record<string, unknown>> {
    const { media, audio, video } = await suite.media(true);
    const seen: Record<string, unknown> = { opened: media.now().side };
    media.setMicrophone(false);
    seen['muted'] = [audio?.enabled, audio?.readyState, media.now().side.microphone];
    media.setMicrophone(true);
    const until = async (isSo: () => boolean) => {
      for (let i = 0; i < 500 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    media.setCamera(false);
    await until(() => !media.now().side.camera);
    seen['cameraOff'] = [video?.readyState, media.now().video];
    media.setCamera(true);
    await until(() => media.now().side.camera);
    const second = media.now().video;
    seen['cameraOn'] = second?.readyState;
    // A device that is unplugged ends its track.
    const mine = media.now().audio;
    mine?.stop();
    mine?.dispatchEvent(new Event('ended'));
    await until(() => media.now().audio !== mine);
    seen['replugged'] = media.now().audio?.readyState;
    const last = media.now();
    media.close();
    seen['closed'] = [last.audio?.readyState, last.video?.readyState, media.now().side];
    return seen;
  },
  /** The only microphone and the only camera are pulled out, and the microphone comes back. */
  async losesAll(): Promise<Record<string, unknown>> {
    const { mediaDevices } = navigator;
    const said: string[] = [];
    let isThere = true;
    const media = createMedia({
      devices: {
        getUserMedia: (constraints: MediaStreamConstraints) =>
          isThere
            ? mediaDevices.getUserMedia(constraints)
            : Promise.reject(new DOMException('', 'NotFoundError')),
        enumerateDevices: () => mediaDevices.enumerateDevices(),
        addEventListener: () => {},
        removeEventListener: () => {},
      } as unknown as MediaDevices,
      changed: () => {},
      listed: () => {},
      chosen: { microphone: null, camera: null, speaker: null },
      remember: () => {},
      replaced: (kind) => void said.push(`another ${kind}`),
      report: (error) => void said.push(error instanceof Failure ? error.code : 'INTERNAL'),
    });
    await media.open({ microphone: true, camera: true });
    isThere = false;
    const { audio, video } = media.now();
    for (const track of [audio, video]) {
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
    }
    const wait = async (isSo: () => boolean) => {
      for (let i = 0; i < 300 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await wait(() => said.length === 2);
    const without = media.now().side;
    isThere = true;
    media.setMicrophone(true);
    await wait(() => media.now().side.microphone);
    const after = media.now().side;
    media.close();
    return { said, without, after };
  },
  async share(): Promise<Record<string, unknown>> {
    const { media } = await suite.media(true);
    const until = async (isSo: () => boolean) => {
      for (let i = 0; i < 300 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const camera = media.now().video;
    media.share(true);
    await until(() => media.now().side.screen);
    const screen = media.now().video;
    const shared = { side: media.now().side, camera: camera?.readyState, hint: screen?.contentHint };
    // The browser's own button to stop.
    screen?.stop();
    screen?.dispatchEvent(new Event('ended'));
    await until(() => media.now().side.camera);
    const after = media.now().side;
    media.close();
    return { shared, after, screen: screen?.readyState };
  },

  // the lock among tabs
  lock: createCallLock(navigator.locks),
  kinds: ['microphone', 'camera', 'speaker'] satisfies DeviceKind[],
};

Object.assign(globalThis, { suite });
export type Suite = typeof suite;
