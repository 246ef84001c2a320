import { equalBytes } from '#shared/bytes.ts';
import type { Call } from '#shared/call.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import { FIRST_PREV } from '#shared/schema/payload.ts';
import type { ClientStore } from '#sync/client/ports.ts';
import type { Entry, Message } from '#sync/wire/down.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import { type OpenStore, eraseLocalStore, openLocalStore } from '#pwa/store/provisioning.ts';
import { Log, callFrom } from '#tests/contracts/client-store-subject.ts';
import {
  type Person,
  type World,
  conversationOf,
  newPerson,
  newWorld,
  readAs,
  sender,
  timelineOf,
} from './world.ts';

/** What tests do in several tabs of one browser. A tab has the whole world, or only opens the store that is there. */
let world: World | undefined;
let log: Log | undefined;
let opened: OpenStore | undefined;
let joined: ClientStore | undefined;
let queuedSeen = -1;
let ringing = -1;
let missed = -1;
let called: Call | undefined;
let listed = '';
let opening: { began: boolean; readonly go: () => void } | undefined;
const lost: string[] = [];
const made: Extract<Entry, { kind: 'message' }>[] = [];

export const actions = {
  /** Signs in and befriends the peer. */
  async begin(): Promise<UserId> {
    world = await newWorld();
    opened = world.opened;
    log = new Log(world.subject);
    await log.befriend();
    watch();
    return world.peer.id;
  },

  /** Opens what another tab has made. */
  async join(): Promise<boolean> {
    const stored = await openLocalStore({ report: () => {}, onLost: (why) => lost.push(why) });
    opened = stored === 'locked' ? undefined : stored;
    if (opened !== undefined) watch();
    return opened !== undefined;
  },

  lost: () => [...lost, ...(world?.lost ?? [])],
  queuedSeen: () => queuedSeen,
  /** How many calls this tab takes for ringing, and for missed. */
  callsSeen: () => [ringing, missed],
  /** The last text and its tick, as the list of this tab has had them since it was opened. */
  listed: () => listed,
  /** What the server answers to everything that waits: taken, with numbers from `n` on, or refused. */
  async answer(n: number | null): Promise<void> {
    const { sync } = theWorld();
    const waiting = await sync.outbox(1_000);
    const results = waiting.map(({ op: { id } }, at) =>
      n === null
        ? ({ id, ok: false, code: 'INTERNAL' } as const)
        : { id, ok: true as const, time: 5_000, n: n + at },
    );
    await sync.settle(results);
  },
  async takeBackLast(peer: UserId): Promise<void> {
    const id = (await mine().store.messageIds(peer)).at(-1);
    if (id !== undefined) await mine().store.takeBack(id);
  },
  seeCalls: () => mine().store.calls.markSeen(null),
  /** The next state of one call, as the server tells it. */
  async tellCall(status: 'ringing' | 'missed'): Promise<void> {
    const { subject } = theWorld();
    called ??= callFrom(subject, { id: subject.newId() });
    await theLog().push(theLog().call({ ...called, status }));
  },
  erase: () => eraseLocalStore(),
  close: () => mine().store.close(),

  /** Queues so many messages at once. */
  async queue(peer: UserId, prefix: string, count: number): Promise<void> {
    const texts = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    await Promise.all(texts.map((text) => mine().store.queueMessage(peer, text)));
  },

  /** The texts in the outbox as the peer reads them; throws when the chain has a gap or a fork. */
  async readChain(): Promise<string[]> {
    const { me, peer, sync } = theWorld();
    const devices: string[] = [];
    let link = { counter: 0, prev: FIRST_PREV };
    const texts: string[] = [];
    for (const { op } of await sync.outbox(1_000)) {
      if (op.kind !== 'message.send') continue;
      const payload = await readAs(peer, me, op.id, op.envelope);
      texts.push(payload.body.kind === 'text' ? payload.body.text : '');
      if (payload.device !== devices.at(-1)) {
        if (devices.includes(payload.device)) throw new Error(`An earlier device at ${texts.length}`);
        devices.push(payload.device);
        link = { counter: 0, prev: FIRST_PREV };
      }
      if (payload.counter !== link.counter + 1 || !equalBytes(payload.prev, link.prev))
        throw new Error(`Broken at ${texts.length}`);
      link = { counter: payload.counter, prev: await sha256(payload.raw) };
    }
    return texts;
  },

  /** Makes the next `count` messages of the peer, of `length` characters, for `applyMade`. */
  async make(count: number, length = 40): Promise<void> {
    const first = made.length + 1;
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const entries = await Promise.all(
      numbers.map((n) => theLog().message(n, `message ${n}`.padEnd(length, '.'))),
    );
    // Sealed all at once; the log has them in order.
    const seqs = entries.map(({ seq }) => seq).toSorted((a, b) => a - b);
    for (const [index, entry] of entries.entries()) made.push({ ...entry, seq: seqs[index] ?? 0 });
  },

  /** Whatever is to be opened from here on waits in the middle, until `goOnOpening`. */
  holdOpening(): void {
    const { subtle } = crypto;
    const go = Promise.withResolvers<void>();
    const held = { began: false, go: go.resolve };
    opening = held;
    const decrypt = subtle.decrypt.bind(subtle);
    subtle.decrypt = async (...what) => {
      held.began = true;
      await go.promise;
      return decrypt(...what);
    };
  },
  isOpening: () => opening?.began === true,
  goOnOpening: () => opening?.go(),

  /** Applies what was made as one page, or in pages of `size`. Resolves with a Failure's code, or null. */
  async applyMade(size = Number.POSITIVE_INFINITY): Promise<string | null> {
    const { sync } = theWorld();
    const entries = made;
    let cursor = (await sync.standing()).cursor;
    for (let at = 0; at < entries.length; at += size) {
      const part = entries.slice(at, at + size);
      const to = part.at(-1)?.seq ?? 0;
      const page = { from: cursor?.seq ?? 0, to, tag: to, head: to, entries: part };
      cursor = { epoch: 'first', seq: to, tag: to };
      try {
        await sync.applyPage(page, cursor);
      } catch (error) {
        return error instanceof Failure ? error.code : String(error);
      }
    }
    entries.length = 0;
    return null;
  },

  /** This tab leads from now on. */
  async lead(): Promise<void> {
    joined = await mine().store.lead();
  },

  /** Finds itself to be a copy, as often as is said. */
  async rename(times: number): Promise<void> {
    const sync = await leading();
    for (let time = 0; time < times; time++) await sync.renameDevice();
  },

  /** A new device of somebody with `people` friends and a long conversation with each. Milliseconds to store it. */
  async storeSnapshot(people: number, perPart: number): Promise<number> {
    const { me, sync } = theWorld();
    const friends = await Promise.all(Array.from({ length: people }, () => newPerson()));
    const told = await Promise.all(friends.map((friend) => tellOf(me, friend)));
    let spent = 0;
    for (let at = 0; at < people; at += perPart) {
      const some = told.slice(at, at + perPart);
      const done = at + perPart >= people;
      const part = {
        seq: 100_000,
        tag: 1,
        revision: 1,
        contacts: some.map(({ contact }) => contact),
        conversations: some.map(({ summary }) => summary),
        first: at === 0,
        done,
      };
      const start = performance.now();
      await sync.applyPart(part, done ? { epoch: 'first', seq: 100_000, tag: 1 } : null, 'first');
      spent += performance.now() - start;
    }
    return spent;
  },

  /** What is durable: log position, messages, unread, receipts. */
  async state(peer: UserId): Promise<{ seq: number; messages: number; unread: number; receipts: number }> {
    const { store } = mine();
    const sync = await leading();
    const outbox = await sync.outbox(1_000);
    return {
      seq: (await sync.standing()).cursor?.seq ?? 0,
      messages: (await timelineOf(store, peer)).items.length,
      unread: (await conversationOf(store, peer))?.unread ?? 0,
      receipts: outbox.filter(({ op }) => op.kind === 'receipt').length,
    };
  },

  /** Milliseconds until the newest 50 messages are shown. */
  async timeWindow(peer: UserId): Promise<number> {
    const start = performance.now();
    await timelineOf(mine().store, peer, 50);
    return performance.now() - start;
  },

  /** Code of the Failure that writing ends in, or null. */
  async tryQueue(peer: UserId, text: string): Promise<string | null> {
    try {
      await mine().store.queueMessage(peer, text);
      return null;
    } catch (error) {
      return error instanceof Failure ? error.code : String(error);
    }
  },

  /** Queues long messages until one fails, at most 200. */
  async queueUntilFull(peer: UserId): Promise<{ count: number; code: string | null }> {
    for (let count = 0; count < 200; count++) {
      const code = await actions.tryQueue(peer, '.'.repeat(9_000));
      if (code !== null) return { count, code };
    }
    return { count: 200, code: null };
  },

  /** As a newer version of the app would open the database. */
  async upgrade(): Promise<void> {
    const name = (await indexedDB.databases())
      .map((info) => info.name ?? '')
      .find((one) => /^nexchat-.{22}$/.test(one));
    if (name === undefined) throw new Error('No database');
    const request = indexedDB.open(name, 1_000);
    await new Promise<void>((resolve, reject) => {
      request.addEventListener('success', () => resolve());
      request.addEventListener('error', () => reject(request.error ?? new Error('not upgraded')));
      request.addEventListener('blocked', () => reject(new Error('another tab holds the old version')));
    });
    request.result.close();
  },
};

/** A friend and the newest 30 of the 10,000 messages that they wrote. */
async function tellOf(me: Person, friend: Person) {
  const seal = await sender(friend, me);
  const head = 10_000;
  const messages: Message[] = [];
  for (let n = head - 29; n <= head; n++) {
    const op = newOpId(Date.now());
    const envelope = await seal(op, `message ${n} of a long conversation`);
    messages.push({ op, from: friend.id, to: me.id, n, time: n, envelope });
  }
  const mark = { delivered: head - 30, seen: 0 };
  const theirs = { delivered: 0, seen: 0 };
  const friendship = { kind: 'friend' as const, time: 1, standing: 'friends' as const };
  return {
    contact: { ...friendship, peer: friend.id, name: 'robin', bundle: friend.bundle },
    summary: { peer: friend.id, head, mine: mark, theirs, messages, calls: [] },
  };
}

function watch(): void {
  mine().store.liveConversations((rows) => {
    listed = rows.map(({ lastText, lastTick }) => `${lastText} ${lastTick}`).join();
  });
  mine().store.liveQueued((count) => {
    queuedSeen = count;
  });
  mine().store.calls.liveCalls((calls) => {
    ringing = calls.length;
  });
  mine().store.calls.liveMissed((count) => {
    missed = count;
  });
}

function mine(): OpenStore {
  if (opened === undefined) throw new Error('Nothing is open in this tab');
  return opened;
}

/** The database as this tab's sync client would have it. */
async function leading(): Promise<ClientStore> {
  return world?.sync ?? (joined ??= await mine().store.lead());
}

function theWorld(): World {
  if (world === undefined) throw new Error('This tab did not begin');
  return world;
}

function theLog(): Log {
  if (log === undefined) throw new Error('This tab did not begin');
  return log;
}
