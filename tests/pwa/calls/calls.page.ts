import { createCalls } from '#pwa/controllers/calls.ts';
import type { Inside } from '#pwa/controllers/inside.ts';
import { createModels } from '#pwa/models/models.ts';
import type { Remark } from '#pwa/models/shell.ts';
import type { StoredCall } from '#pwa/store/ports.ts';
import type { Api } from '#pwa/transport/http.ts';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import type { CallMedia } from '#shared/call.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { CallOperation } from '#sync/wire/up.ts';

/** The controller of calls as in the app; the database and the server are the test's. */
export type ToServer =
  | { readonly t: 'call'; readonly op: CallOperation }
  | { readonly t: 'drop'; readonly op: string }
  | { readonly t: 'signal'; readonly to: UserId; readonly device: DeviceId; readonly envelope: string }
  | { readonly t: 'in-call'; readonly call: string };
declare const toServer: (said: ToServer) => Promise<void>;

const models = createModels();
const reported: string[] = [];
const toasts: Remark[] = [];
const shown: string[] = [];
const calls = createCalls({
  models,
  api: { call: () => Promise.resolve({ servers: [], ttl: 3600, relay: false }) } as unknown as Api,
  toasts: {
    show: (_tone, says) => void toasts.push(says),
    dismiss: () => {},
    report: (error) => void reported.push(String(error)),
  },
});
models.calls.current.subscribe((current) => {
  const phase = current === null ? 'none' : current.phase;
  if (shown.at(-1) !== phase) shown.push(phase);
});

let log: readonly StoredCall[] = [];
const readers = new Set<() => void>();
const say = (said: ToServer) => void toServer(said);
function read(once: () => void): () => void {
  readers.add(once);
  once();
  return () => readers.delete(once);
}
const isLive = ({ status }: StoredCall) => status === 'ringing' || status === 'in_progress';

const suite = {
  enter(device: DeviceId) {
    const inside = {
      lock: null,
      tokens: { current: async () => 'token' },
      seat: {
        call: (op: CallOperation) => say({ t: 'call', op }),
        dropCall: (op: string) => say({ t: 'drop', op }),
        signal: (to: UserId, at: DeviceId, envelope: Bytes) =>
          say({ t: 'signal', to, device: at, envelope: toBase64url(envelope) }),
        inCall: (call: string) => say({ t: 'in-call', call }),
      },
      store: {
        calls: {
          device: async () => device,
          liveCalls: (listener: (found: readonly StoredCall[]) => void) =>
            read(() => listener(log.filter(isLive))),
          liveHistory: (limit: number, listener: (found: readonly StoredCall[]) => void) =>
            read(() => listener(log.toReversed().slice(0, limit))),
          liveMissed: (listener: (count: number) => void) => {
            listener(0);
            return () => {};
          },
          markSeen: async () => {},
          sealSignal: async (_peer: UserId, payload: Bytes) => payload.toReversed(),
          openSignal: async (_from: UserId, envelope: Bytes) => envelope.toReversed(),
        },
      },
    } as unknown as Inside;
    calls.enter(inside);
    models.status.link.value = 'live';
  },
  log(next: readonly StoredCall[]) {
    log = next;
    for (const once of readers) once();
  },
  result: (result: OpResult) => calls.callResult(result),
  signal: (from: UserId, device: DeviceId, envelope: string) => {
    const bytes = fromBase64url(envelope);
    if (bytes !== undefined) calls.signal(from, device, bytes);
  },
  call: (peer: string, media: CallMedia) => calls.actions.call(peer as UserId, media),
  act: (what: 'startCall' | 'declineCall' | 'endCall' | 'dismissCall') => calls.actions[what](),
  answer: (media: CallMedia) => calls.actions.answerCall(media),
  camera: (on: boolean) => calls.actions.setCamera(on),
  relayOnly: (on: boolean) => calls.actions.setRelayOnly(on),
  leave: () => calls.leave(),
  over: () => calls.over().then(() => models.calls.current.value?.phase ?? null),
  state() {
    const { current, incoming, elsewhere, emoji, theirs, mine, theirPicture, myPicture, theirVoice } =
      models.calls;
    return {
      phase: current.value?.phase ?? null,
      ending: current.value?.ending ?? null,
      error: current.value?.error ?? null,
      incoming: incoming.value?.id ?? null,
      elsewhere: elsewhere.value?.where ?? null,
      emoji: emoji.value,
      theirs: theirs.value,
      mine: mine.value,
      pictures: [myPicture.value !== null, theirPicture.value !== null],
      hears: theirVoice.value !== null,
      reported,
      toasts,
      shown,
    };
  },
};

Object.assign(globalThis, { suite });
export type Suite = typeof suite;
