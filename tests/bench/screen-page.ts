import { toBase64url } from '#shared/bytes.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import { sealRecord } from '#shared/crypto/vault.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { FIRST_PREV, encodePayload } from '#shared/schema/payload.ts';
import { emptyContact, encodeContact } from '#pwa/store/contents.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import type { ContactRow, ConversationRow, MessageRow } from '#pwa/store/rows.ts';

/** Runs in the page of somebody who is signed in, before the app: fills their database, and watches the screen. */

/** How many messages each further conversation gets; the first of them is the longest. */
type Fill = readonly number[];

const PORTION = 2_000;
const DAY = 86_400_000;
const WORDS =
  'the boat leaves at nine and whoever is late has to swim across with the bags on their head'.split(' ');

/** A sentence or three, the same for the same number: heights differ as they do in life. */
function textOf(n: number): string {
  const length = 3 + ((n * 7919) % 41);
  return `${n}. ${Array.from({ length }, (_, at) => WORDS[(n + at * 5) % WORDS.length]).join(' ')}`;
}

async function fill(counts: Fill): Promise<void> {
  const db = await open();
  const vault = (await done(db.transaction('keys').objectStore('keys').get('vault')))['key'] as CryptoKey;
  const device = toBase64url(randomBytes(16)) as DeviceId;
  for (const [at, count] of counts.entries()) {
    const peer = toBase64url(randomBytes(16)) as UserId;
    const name = `friend.${String(at).padStart(3, '0')}`;
    const began = Date.now() - DAY * (at + 1) - count * 60_000;
    let lastId: OpId | null = null;
    for (let from = 1; from <= count; from += PORTION) {
      const numbers = Array.from({ length: Math.min(PORTION, count - from + 1) }, (_, i) => from + i);
      const rows = await Promise.all(
        numbers.map(async (n): Promise<MessageRow> => {
          const time = began + n * 60_000;
          const id = newOpId(time);
          const body = { kind: 'text', text: textOf(n) } as const;
          const payload = encodePayload({ device, counter: n, prev: FIRST_PREV, body });
          const sealed = await sealRecord(vault, 'messages', id, payload);
          const digest: Bytes = randomBytes(32);
          return {
            id,
            peer,
            pos: n,
            n,
            mine: n % 3 === 0,
            at: time,
            state: 'stored',
            code: null,
            digest,
            sealed,
          };
        }),
      );
      await write(db, 'messages', rows);
      lastId = rows.at(-1)?.id ?? null;
    }
    const all = { delivered: count, seen: count };
    const conversation: ConversationRow = {
      peer,
      lastId,
      held: [[1, count]],
      own: [],
      lastInbound: count,
      mine: all,
      theirs: all,
      counter: 0,
      chain: null,
    };
    const sealed = await sealRecord(vault, 'contacts', peer, encodeContact(emptyContact(name)));
    const contact: ContactRow = {
      id: peer,
      standing: 'friends',
      seq: 1,
      pending: null,
      changed: 0,
      rev: 0,
      sealed,
    };
    await write(db, 'conversations', [conversation]);
    await write(db, 'contacts', [contact]);
  }
  db.close();
}

async function open(): Promise<IDBDatabase> {
  const names = (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
  const name = names.find((each) => each.startsWith('nexchat-') && each !== 'nexchat-device');
  if (name === undefined) throw new Error('Nobody is signed in.');
  return done(indexedDB.open(name));
}

async function write(db: IDBDatabase, table: string, rows: readonly object[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const transaction = db.transaction(table, 'readwrite', { durability: 'relaxed' });
  for (const row of rows) transaction.objectStore(table).put(row);
  transaction.addEventListener('complete', () => resolve());
  transaction.addEventListener('error', () => reject(transaction.error ?? new Error(table)));
  return promise;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  request.addEventListener('success', () => resolve(request.result));
  request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')));
  return promise;
}

/** When the frame that is being made now is on the screen, or as good as. */
function painted(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener('message', () => resolve(performance.now()));
      port1.start();
      port2.postMessage(null);
    });
  });
}

/** Resolves when a frame shows what `look` finds. The caller bounds the time. */
function shown(look: () => boolean): Promise<number> {
  if (look()) return painted();
  return new Promise((resolve) => {
    const watching = new MutationObserver(() => {
      if (!look()) return;
      watching.disconnect();
      resolve(painted());
    });
    watching.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
  });
}

const listed = shown(() => document.querySelector('.conversation-item') !== null);

let longTasks: { end: number; duration: number }[] = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries())
    longTasks.push({ end: startTime + duration, duration });
}).observe({ type: 'longtask', buffered: true });

const scroller = () => {
  const timeline = document.querySelector<HTMLElement>('.timeline');
  if (timeline === null) throw new Error('No conversation is open.');
  return timeline;
};
const rowTexts = () => [...document.querySelectorAll('.timeline-row .text')].map((text) => text.textContent);

let watched = { frames: 0, blank: 0, ends: true };

const probe = {
  fill,
  /** Since the navigation began. */
  listed: () => listed,
  /** Since the navigation began: what an empty page needs. */
  empty: painted,
  /** From the click on a conversation of the list until its messages are on the screen. */
  async open(at: number) {
    const item = document.querySelectorAll<HTMLElement>('.conversation-item')[at];
    const name = item?.querySelector('.item-name')?.textContent?.split(',')[0]?.trim() ?? '';
    if (item === undefined) throw new Error(`There is no conversation ${at}.`);
    const began = performance.now();
    item.click();
    const end = await shown(
      () =>
        document.querySelector('.timeline')?.getAttribute('aria-label')?.includes(name) === true &&
        document.querySelector('.timeline .message .text') !== null,
    );
    return end - began;
  },
  /** From Enter until one's own bubble is on the screen. */
  async send(text: string) {
    const field = document.querySelector<HTMLTextAreaElement>('.composer textarea');
    if (field === null) throw new Error('There is no composer.');
    field.focus();
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    // As between the last letter and Enter.
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    const began = performance.now();
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    return (await shown(() => rowTexts().includes(text))) - began;
  },
  /** Looks at each frame from now on. */
  watch() {
    watched = { frames: 0, blank: 0, ends: false };
    longTasks = [];
    const { top, bottom } = scroller().getBoundingClientRect();
    const look = () => {
      if (watched.ends) return;
      watched.frames++;
      const isSeen = [...document.querySelectorAll('.timeline-row')].some((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom > top && box.top < bottom;
      });
      if (!isSeen) watched.blank++;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  },
  /** The number of the first message that is drawn. */
  reached: () => Number.parseInt(rowTexts()[0] ?? '', 10),
  async watchedSince() {
    watched.ends = true;
    // Long tasks are told late.
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    const { frames, blank } = watched;
    const durations = longTasks.map(({ duration }) => duration);
    return { frames, blank, longTasks: durations.length, longest: Math.max(0, ...durations) };
  },
};
export type Probe = typeof probe;
Object.assign(globalThis, { probe });
