/** Watches the app from inside its page; catch-up.ts talks to it as `globalThis.probe`. Times are in ms. */

const LOOK_EVERY = 25;
/** Counting rows costs time that is not to be measured. */
const COUNT_EVERY = 250;
let entered = NaN;
let listed = NaN;
let readable = NaN;
const longTasks: { readonly end: number; readonly duration: number }[] = [];

document.addEventListener('submit', () => (entered = performance.now()), { capture: true, once: true });
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries())
    longTasks.push({ end: startTime + duration, duration });
}).observe({ type: 'longtask' });
/** As soon as there is a conversation it is opened, and as soon as there is a message it is read. */
const appearance = new MutationObserver(() => {
  const item = document.querySelector<HTMLElement>('.conversation-item');
  if (item === null) return;
  if (Number.isNaN(listed)) {
    listed = performance.now();
    item.click();
  }
  if (document.querySelector('.message .text') === null) return;
  readable = performance.now();
  appearance.disconnect();
});
appearance.observe(document, { childList: true, subtree: true });

const probe = {
  /** Resolves when so many messages are stored. */
  async stored(messages: number) {
    const isStored = async () => ((await request('messages', (table) => table.count())) ?? 0) >= messages;
    await untilTrue(isStored, COUNT_EVERY);
    const done = performance.now();
    // Long tasks are told late.
    await sleep(200);
    const during = longTasks.filter(({ end }) => end > entered && end <= done + LOOK_EVERY);
    return {
      listed: listed - entered,
      readable: readable - entered,
      stored: done - entered,
      longestTask: Math.max(0, ...during.map(({ duration }) => duration)),
      longTasks: during.length,
    };
  },

  /** Writes as a fast person would: types into the composer and presses the button, again and again. */
  async write(messages: number) {
    const began = performance.now();
    for (let i = 1; i <= messages; i++) {
      const field = document.querySelector<HTMLTextAreaElement>('.composer textarea');
      if (field === null) throw new Error('There is no composer.');
      field.value = `Written in the tunnel, number ${i}`;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await untilTrue(() => document.querySelector('.composer .send:enabled') !== null, 0);
      document.querySelector<HTMLButtonElement>('.composer .send')?.click();
      await untilTrue(() => field.value === '', 0);
    }
    await untilTrue(async () => (await request('outbox', (outbox) => outbox.count())) >= messages);
    return performance.now() - began;
  },

  /** The network is back: how long it takes until nothing waits to be sent. */
  async drained() {
    const began = performance.now();
    window.dispatchEvent(new Event('online'));
    await untilTrue(async () => (await request('outbox', (outbox) => outbox.count())) === 0);
    return performance.now() - began;
  },
};
export type Probe = typeof probe;
Object.assign(globalThis, { probe });

let database: IDBDatabase | null = null;

/** Asks the database of who is signed in; undefined while there is none. */
async function request<T>(table: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  if (database === null) {
    const names = (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
    const name = names.find((each) => each.startsWith('nexchat-') && each !== 'nexchat-device');
    if (name !== undefined) database = await open(name);
  }
  if (database === null) return undefined as T;
  const asked = ask(database.transaction(table).objectStore(table));
  asked.addEventListener('success', () => resolve(asked.result));
  asked.addEventListener('error', () => reject(asked.error ?? new Error(table)));
  return promise;
}

function open(name: string): Promise<IDBDatabase> {
  const { promise, resolve, reject } = Promise.withResolvers<IDBDatabase>();
  const opening = indexedDB.open(name);
  opening.addEventListener('success', () => resolve(opening.result));
  opening.addEventListener('error', () => reject(opening.error ?? new Error(name)));
  return promise;
}

/** The caller of the probe bounds the time. */
async function untilTrue(look: () => boolean | Promise<boolean>, every = LOOK_EVERY): Promise<void> {
  while (!(await look())) await sleep(every);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
