/** Watches calls from inside the app's page; calls.ts talks to it as `globalThis.probe`. Times are in ms since 1970. */

const LOOK_EVERY = 4;

const peers = new Set<RTCPeerConnection>();
const Plain = globalThis.RTCPeerConnection;
globalThis.RTCPeerConnection = class extends Plain {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    peers.add(this);
  }
};

const now = (): number => performance.timeOrigin + performance.now();
let pressed = 0;
addEventListener('click', () => void (pressed = now()), { capture: true });

/** When the last frame came out of a decoder, as sound or as a picture; 0 before the first. */
function lastFrame(kind: 'audio' | 'video'): number {
  let last = 0;
  for (const peer of peers) {
    if (peer.connectionState === 'closed') {
      peers.delete(peer);
      continue;
    }
    for (const receiver of peer.getReceivers()) {
      if (receiver.track.kind !== kind) continue;
      for (const { timestamp } of receiver.getSynchronizationSources())
        last = Math.max(last, performance.timeOrigin + timestamp);
    }
  }
  return last;
}

async function first(look: () => boolean): Promise<number> {
  while (!look()) {
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_EVERY);
    });
  }
  return now();
}

const probe = {
  /** Of whatever was pressed last. */
  pressed: () => pressed,
  rings: () => first(() => document.querySelector('[role=alertdialog]') !== null),
  /** The connection has given up by itself: only a new way can mend it. */
  gaveUp: () => first(() => [...peers].some(({ connectionState }) => connectionState === 'failed')),
  /** The first sound or picture of the other side after that moment. The caller bounds the time. */
  flows: (kind: 'audio' | 'video', after: number) => first(() => lastFrame(kind) > after),
};
export type Probe = typeof probe;

Object.assign(globalThis, { probe });
