import type { Page } from 'playwright-core';
import { CALL_ARGS, type Island, MADE_UP_MEDIA, makeIsland } from '../support/island.ts';
import { type ServerOptions, type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson } from './person.ts';

/** How long anything about a call may take here: a call is set up in half a second, but not beside everything else. */
const WITHIN = 30_000;

/** A call that finds no way gives up after 45 s. */
const LONGEST = 60_000;

/** Somebody who can call, and whose browser tells what really flows. */
export interface Caller extends Person {
  call(media: 'voice' | 'video'): Promise<void>;
  /** Presses the button only: a video call begins with a look at oneself. */
  tap(media: 'voice' | 'video'): Promise<void>;
  /** Waits until it rings, and answers. */
  answer(button?: 'Answer' | 'With camera' | 'Without camera'): Promise<void>;
  decline(): Promise<void>;
  rings(): Promise<void>;
  ringsNoMore(): Promise<void>;
  /** Waits until the call of this tab is so far. */
  phase(phase: 'starting' | 'ringing' | 'connecting' | 'live' | 'reconnecting'): Promise<void>;
  press(control: string): Promise<void>;
  /** Waits for these words on what is left of a call, and the sentence that says why, and closes it. */
  ends(words: string, why?: string): Promise<void>;
  /** Waits until sound (or pictures) of the other side really arrive. */
  hears(): Promise<void>;
  watches(): Promise<void>;
  stats(): Promise<Flow>;
  /** The four pictures, once they are worked out. */
  emoji(): Promise<string>;
  /** Ticks or unticks the setting, and comes back to the conversation with them. */
  onlyThroughRelay(on: boolean, peer: string): Promise<void>;
  /** What the timeline says of the last call. */
  lastCall(): Promise<string>;
}

/** Of all connections of a page together. */
export interface Flow {
  readonly heard: number;
  readonly energy: number;
  readonly frames: number;
  /** Cameras and microphones that are on. */
  readonly open: number;
  /** Kinds of our candidates: those in use, and those that the other side is told of. */
  readonly ways: readonly string[];
  readonly offered: readonly string[];
}

/** Waits until nothing is left of a call: no camera and no microphone. */
export async function untilQuiet(...people: Caller[]): Promise<void> {
  for (const person of people) {
    await until(async () => (await person.stats()).open === 0, {
      within: 10_000,
      for: 'microphone and camera to be off',
    });
  }
}

/** A network of its own with a server in it, for people who call. */
export interface Place {
  readonly island: Island;
  readonly server: TestServer;
  person(
    name: string,
    options?: { readonly media?: boolean; readonly args?: readonly string[] },
  ): Promise<Caller>;
  close(): Promise<void>;
}

export async function openPlace(env: ServerOptions['env'] = {}, on?: Island): Promise<Place> {
  const island = on ?? (await makeIsland());
  const server = await startServer({ env, island }).catch(async (error: unknown) => {
    await island.close();
    throw error;
  });
  const people: Person[] = [];
  return {
    island,
    server,
    async person(name, { media = true, args = [] } = {}) {
      const device = await openDevice(server.url, island, [...(media ? MADE_UP_MEDIA : []), ...args]);
      people.push(device);
      await device.register(name);
      return device;
    },
    async close() {
      for (const person of people) await person.browser.close();
      await server.close();
      await island.close();
    },
  };
}

export async function openDevice(
  url: string,
  island: Island,
  args: readonly string[] = MADE_UP_MEDIA,
): Promise<Caller> {
  const person = await openPerson('about:blank', { island, args: [...CALL_ARGS, ...args] });
  await person.browser.context.addInitScript(watchMedia);
  await person.page.goto(url);
  return callerAt(person);
}

export async function befriend(a: Person, aName: string, b: Person, bName: string): Promise<void> {
  await a.addFriend(bName);
  await b.acceptFriend(aName);
  await a.openChat(bName);
  await b.openChat(aName);
}

/** Runs in the page, before the app: keeps hold of what it opens. */
function watchMedia(): void {
  const held = { peers: new Set<RTCPeerConnection>(), tracks: new Set<MediaStreamTrack>() };
  Object.assign(globalThis, { held });
  const Plain = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Plain {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      held.peers.add(this);
    }
  };
  for (const name of ['getUserMedia', 'getDisplayMedia'] as const) {
    const plain = navigator.mediaDevices?.[name].bind(navigator.mediaDevices);
    if (plain === undefined) continue;
    navigator.mediaDevices[name] = async (constraints) => {
      const stream = await plain(constraints);
      for (const track of stream.getTracks()) held.tracks.add(track);
      return stream;
    };
  }
}

async function measure(page: Page): Promise<Flow> {
  return page.evaluate(async () => {
    const { held } = globalThis as unknown as {
      held: { peers: Set<RTCPeerConnection>; tracks: Set<MediaStreamTrack> };
    };
    const flow = { heard: 0, energy: 0, frames: 0, open: 0, ways: [] as string[], offered: [] as string[] };
    for (const peer of held.peers) {
      if (peer.connectionState === 'closed') continue;
      for (const [, kind] of peer.localDescription?.sdp.matchAll(/^a=candidate:.* typ (\w+)/gm) ?? [])
        flow.offered.push(String(kind));
      const stats = [
        ...((await peer.getStats()) as unknown as Map<string, Record<string, unknown>>).values(),
      ];
      for (const one of stats) {
        if (one['type'] === 'inbound-rtp' && one['kind'] === 'audio') {
          flow.heard += Number(one['bytesReceived']);
          flow.energy += Number(one['totalAudioEnergy'] ?? 0);
        }
        if (one['type'] === 'inbound-rtp' && one['kind'] === 'video')
          flow.frames += Number(one['framesDecoded']);
        if (one['type'] !== 'transport') continue;
        const pair = stats.find(({ id }) => id === one['selectedCandidatePairId']);
        const local = stats.find(({ id }) => id === pair?.['localCandidateId']);
        if (local !== undefined) flow.ways.push(String(local['candidateType']));
      }
    }
    flow.open = [...held.tracks].filter(({ readyState }) => readyState === 'live').length;
    return flow;
  });
}

export function callerAt(person: Person): Caller {
  const { page } = person;
  const rings = page.getByRole('alertdialog');
  const rising = (what: 'heard' | 'frames') => async () => {
    const before = (await measure(page))[what];
    await until(async () => (await measure(page))[what] > before, {
      within: WITHIN,
      every: 100,
      for: `more ${what} than ${before}`,
    });
  };
  const caller: Caller = {
    ...person,
    async tap(media) {
      await page
        .getByRole('banner')
        .or(page.locator('.header-calls'))
        .getByRole('button', { name: new RegExp(`^${media} call with`, 'i') })
        .first()
        .click();
    },
    async call(media) {
      await caller.tap(media);
      if (media === 'video') await page.getByRole('button', { name: 'Start the call' }).click();
    },
    rings: () => rings.waitFor({ timeout: WITHIN }),
    ringsNoMore: () => rings.waitFor({ state: 'detached', timeout: WITHIN }),
    async answer(button = 'Answer') {
      await rings.getByRole('button', { name: button, exact: true }).click({ timeout: WITHIN });
    },
    async decline() {
      await rings.getByRole('button', { name: 'Decline' }).click({ timeout: WITHIN });
    },
    async phase(phase) {
      await page.locator(`[data-phase="${phase}"]`).first().waitFor({ timeout: WITHIN });
    },
    async press(control) {
      await page.getByRole('button', { name: control }).first().click();
    },
    async ends(words, why) {
      await page.getByRole('dialog').getByRole('heading', { name: words }).waitFor({ timeout: LONGEST });
      if (why !== undefined) await page.getByRole('dialog').getByText(why).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
      await page.locator('.call-screen').waitFor({ state: 'detached', timeout: WITHIN });
    },
    hears: rising('heard'),
    watches: rising('frames'),
    stats: () => measure(page),
    async emoji() {
      const shown = page.locator('.call-emoji');
      await shown.waitFor({ timeout: WITHIN });
      return (await shown.textContent()) ?? '';
    },
    async onlyThroughRelay(on, peer) {
      const settings = { name: 'Settings' };
      const main = page.getByRole('navigation', { name: 'Main' });
      await main.getByRole('link', settings).or(main.getByRole('button', settings)).first().click();
      await page
        .getByRole('navigation', settings)
        .getByRole('button', { name: /^Calls/ })
        .click();
      await page.getByLabel('Only through the relay').setChecked(on);
      await person.openChat(peer);
    },
    async lastCall() {
      return (await page.locator('.call-card-words').last().textContent()) ?? '';
    },
  };
  return caller;
}
