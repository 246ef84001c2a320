import type { MediaState } from '#pwa/calls/media.ts';
import type { Left, Remembered } from '#pwa/calls/remembered.ts';
import type { CallEvent, Present } from '#pwa/calls/state.ts';
import type { CallDevices } from '#pwa/controllers/calls-devices.ts';
import { type CallLine, createCallLine } from '#pwa/controllers/calls-line.ts';
import type { Inside } from '#pwa/controllers/inside.ts';
import { type CallsModel, createCallsModel } from '#pwa/models/calls.ts';
import { KEEP_EVERY_MS } from '#shared/call.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';

/** Two lines of the app in one page; the server between them, the database and the devices are the test's. */
type Name = 'caller' | 'callee';
const OTHER: Readonly<Record<Name, Name>> = { caller: 'callee', callee: 'caller' };

interface Side {
  readonly line: CallLine;
  readonly model: CallsModel;
  readonly heard: CallEvent['kind'][];
  left: Left | null;
  shows(state: MediaState): void;
}

const callAt = (number: number) => `01890000-0000-7000-8000-00000000000${number}` as OpId;
const userOf = (name: Name) => name.padEnd(22, 'A') as UserId;
const deviceOf = (name: Name) => name.padEnd(22, 'B') as DeviceId;

let lost = false;
/** What opens nothing any more, as long as it is set. */
let hangs = false;
let keepEvery = KEEP_EVERY_MS;
const plainly = globalThis.setInterval;
globalThis.setInterval = ((run: () => void, ms: number) =>
  plainly(run, ms === KEEP_EVERY_MS ? keepEvery : ms)) as typeof globalThis.setInterval;

let side: MediaState = {
  audio: null,
  video: null,
  side: { microphone: true, camera: false, screen: false },
};

function make(name: Name): Side {
  const model = createCallsModel();
  const heard: CallEvent['kind'][] = [];
  const inside = {
    store: {
      calls: {
        sealSignal: async (_peer: UserId, payload: Bytes) => payload,
        openSignal: async (_from: UserId, envelope: Bytes) =>
          hangs && name === 'callee' ? new Promise(() => {}) : envelope,
      },
    },
    seat: {
      inCall: () => {},
      signal(_to: UserId, _device: DeviceId, envelope: Bytes) {
        if (lost) return;
        const present = { phase: 'connecting', peer: userOf(name) } as Present;
        sides[OTHER[name]].line.signal(present, userOf(name), deviceOf(name), envelope);
      },
    },
  } as unknown as Inside;
  const made: Side = {
    model,
    heard,
    left: null,
    shows: () => {},
    line: createCallLine({
      model,
      inside,
      remembered: {
        left: () => made.left,
        keep(left: Left | null) {
          if (left !== null) made.left = left;
        },
      } as unknown as Remembered,
      turn: { servers: async () => ({ relay: false, servers: [], ttl: 3600 }) },
      devices: {
        now: () => side,
        watch(listener) {
          made.shows = listener;
        },
      } as CallDevices,
      hear: ({ kind }) => void heard.push(kind),
    }),
  };
  return made;
}

const sides: Record<Name, Side> = { caller: make('caller'), callee: make('callee') };

function connect(name: Name, number: number, again = false): void {
  const peer = userOf(OTHER[name]);
  const device = deviceOf(OTHER[name]);
  const polite = name === 'callee';
  sides[name].line.connect({ kind: 'connect', call: callAt(number), peer, device, polite, again });
}

const suite = {
  call(number: number) {
    for (const name of ['callee', 'caller'] as const) {
      sides[name].heard.length = 0;
      connect(name, number);
    }
  },
  close() {
    for (const { line } of Object.values(sides)) line.close();
  },
  /** The callee hangs up at the moment in which its browser begins to set the offer. */
  closesWhileSetting() {
    const { setRemoteDescription } = RTCPeerConnection.prototype;
    const plainSet: (description: RTCSessionDescriptionInit) => Promise<void> = setRemoteDescription;
    return new Promise<void>((resolve) => {
      RTCPeerConnection.prototype.setRemoteDescription = function set(
        this: RTCPeerConnection,
        description: RTCSessionDescriptionInit,
      ) {
        RTCPeerConnection.prototype.setRemoteDescription = setRemoteDescription;
        const setting = plainSet.call(this, description);
        suite.close();
        resolve();
        return setting;
      };
    });
  },
  hangs(on: boolean) {
    hangs = on;
  },
  loses(on: boolean) {
    lost = on;
  },
  keepEvery(ms: number | null) {
    keepEvery = ms ?? KEEP_EVERY_MS;
  },
  microphone(on: boolean) {
    side = { ...side, side: { ...side.side, microphone: on } };
    sides.callee.shows(side);
  },
  repeat: (name: Name) => sides[name].line.repeat(),
  /** The page of one is loaded again in the middle of a call. */
  reload(name: Name, number: number) {
    const { left, line } = sides[name];
    line.close();
    sides[name] = make(name);
    sides[name].left = left;
    connect(name, number, true);
  },
  state(name: Name) {
    const { model, heard } = sides[name];
    return {
      connected: heard.includes('connected'),
      emoji: model.emoji.value?.join('') ?? null,
      changed: model.emojiChanged.value,
      theirs: model.theirs.value,
    };
  },
};

Object.assign(globalThis, { suite });
export type Suite = typeof suite;
