import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import { takeSeat } from '#pwa/transport/leadership.ts';

/** Runs in each tab of leadership.test.ts: takes a seat and writes down what happens to it. */
const heard: unknown[] = [];
const asked: unknown[] = [];
let leading: SyncListener | null = null;
let lose = () => {};
const ann = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;

const seat = takeSeat({
  user: ann,
  patienceMs: 400,
  listener: {
    status: (status) => heard.push(['status', status.link]),
    presence: (online, offline, fresh) => heard.push(['presence', online, offline, fresh]),
    typing: (from, on, ttlMs) => heard.push(['typing', from, on, ttlMs]),
    signal: (from, device, envelope) => heard.push(['signal', from, device, [...envelope]]),
    callResult: ({ id, ok }) => heard.push(['result', id, ok]),
  },
  lead(listener, lost) {
    leading = listener;
    lose = lost;
    return {
      start: () => asked.push('start'),
      wake: () => asked.push('wake'),
      networkGone: () => asked.push('network gone'),
      typing: (to, on) => asked.push(['typing', to, on]),
      want: (peer, before) => asked.push(['want', peer, before]),
      call: (op) => asked.push(['call', op.id, op.kind]),
      dropCall: (id) => asked.push(['drop', id]),
      signal: (to, device, envelope) => asked.push(['signal', to, device, [...envelope]]),
      inCall: (call, peer) => asked.push(['in call', call, peer]),
      stop() {
        leading = null;
        asked.push('stop');
        return Promise.resolve();
      },
    };
  },
});

const tab = {
  seat,
  call: (id: string) => seat.call({ id: id as OpId, kind: 'call.decline', to: ann, call: 'c' as OpId }),
  heard,
  asked,
  leads: () => leading !== null,
  /** The store refuses the writes of this tab's sync client. */
  lose: () => lose(),
  /** What the sync client of this tab would say. */
  say: {
    live: () => leading?.status({ link: 'live', progress: null, reason: null }),
    online: (friend: string) => leading?.presence([friend as UserId], [], false),
    typing: (friend: string) => leading?.typing(friend as UserId, true, 6000),
    signal: (friend: string) =>
      leading?.signal(friend as UserId, 'phone' as DeviceId, new Uint8Array([1, 2, 3]).subarray(1)),
    result: (id: string) => leading?.callResult({ id: id as OpId, ok: true, time: 1 }),
  },
};
Object.assign(globalThis, { tab });
export type Tab = typeof tab;
