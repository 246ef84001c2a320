import type { Worker } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson, personAt } from './person.ts';

/** What there is in a service worker, as far as it is used below. */
interface AppWindow {
  readonly url: string;
  focus(): Promise<AppWindow>;
}
declare const self: EventTarget & {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    openWindow(url: string): Promise<AppWindow | null>;
    matchAll(): Promise<readonly AppWindow[]>;
  };
  /** What the worker wanted to bring to the front, in order. */
  asked: string[];
  /** The queries of windows that nobody sees. */
  hidden: readonly string[];
};
declare const WindowClient: { readonly prototype: AppWindow };
declare const NotificationEvent: new (
  type: string,
  init: { readonly notification: Notification },
) => Event & { waitUntil(work: Promise<unknown>): void };

let server: TestServer;
let ana: Person;
let worker: Worker;
beforeAll(async () => {
  server = await startServer();
  ana = await openPerson(server.url);
  const { context } = ana.browser;
  await context.grantPermissions(['notifications'], { origin: server.url });
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  worker = await until(() => context.serviceWorkers()[0], { within: 5_000, for: 'the service worker' });
});
afterAll(async () => {
  await ana?.browser.close();
  await server?.close();
});
// A browser lets a worker do these two only when a person has clicked, and one without a screen hides no window.
beforeEach(() =>
  worker.evaluate(() => {
    WindowClient.prototype.focus = async function focus() {
      self.asked.push(`focus ${new URL(this.url).search}`);
      return this;
    };
    self.clients.openWindow = async (url) => {
      self.asked.push(`open ${url}`);
      return null;
    };
    Object.defineProperty(WindowClient.prototype, 'visibilityState', {
      configurable: true,
      get(this: AppWindow) {
        return self.hidden.includes(new URL(this.url).search) ? 'hidden' : 'visible';
      },
    });
  }),
);

/**
 * Shows what is shown while it rings, and clicks on it. Tells what the worker wanted to bring to the front, and how much
 * is still shown.
 */
function click(...hidden: string[]): Promise<[string[], number]> {
  return worker.evaluate(async (searches): Promise<[string[], number]> => {
    self.asked = [];
    self.hidden = searches;
    const { registration } = self;
    await registration.showNotification('robin', { tag: 'call-1', body: 'Voice call' });
    const [notification] = await registration.getNotifications({ tag: 'call-1' });
    if (notification === undefined) throw new Error('no notification is shown');
    const event = new NotificationEvent('notificationclick', { notification });
    const work: Promise<unknown>[] = [];
    // Only events of the browser itself may keep a worker awake.
    Object.defineProperty(event, 'waitUntil', { value: (promise: Promise<unknown>) => work.push(promise) });
    self.dispatchEvent(event);
    await Promise.all(work);
    return [self.asked, (await registration.getNotifications()).length];
  }, hidden);
}

test('a click on what rings closes it, and brings the app to the front', async () => {
  const { context } = ana.browser;
  await ana.page.goto(`${server.url}/?a`);
  expect([await click(), await click('?a')]).toEqual([
    [['focus ?a'], 0],
    [['focus ?a'], 0],
  ]);
  const other = await context.newPage();
  await other.goto(`${server.url}/?b`);
  // The one used last, unless only another one is on the screen.
  expect(await click()).toEqual([['focus ?b'], 0]);
  expect(await click('?b')).toEqual([['focus ?a'], 0]);
  expect(await click('?a')).toEqual([['focus ?b'], 0]);
  expect(await click('?a', '?b')).toEqual([['focus ?b'], 0]);

  await context.newPage();
  await ana.page.close();
  await other.close();
  expect(await click()).toEqual([['open /'], 0]);
});

test('what rings is closed when the last tab goes, and not when another one stays', async () => {
  const { context } = ana.browser;
  const door = await context.newPage();
  await door.goto(server.url);
  await personAt(ana.browser, door).register('ana');
  await door.close();
  const open = async () => {
    const page = await context.newPage();
    let isReady = false;
    // The last thing that is set up.
    await page.exposeFunction('badged', () => (isReady = true));
    await page.addInitScript(() => {
      const { badged } = window as unknown as { badged(): Promise<void> };
      Object.assign(navigator, { setAppBadge: badged });
    });
    await page.goto(server.url);
    await until(() => isReady, { within: 10_000, for: 'the part that tells' });
    return page;
  };
  const [first, second] = [await open(), await open()];
  const shown = () =>
    worker.evaluate(async () => {
      const all = await self.registration.getNotifications();
      return all.map(({ tag }) => tag).toSorted();
    });
  await worker.evaluate(async () => {
    const data = { about: 'call', path: '/', call: 'ring' };
    await self.registration.showNotification('robin', { tag: 'call-ring', body: 'Voice call', data });
    await self.registration.showNotification('robin', { tag: 'another' });
  });
  await first.goto('about:blank');
  const windows = () => worker.evaluate(async () => (await self.clients.matchAll()).length);
  await until(async () => (await windows()) === 1, { within: 5_000, for: 'one window' });
  expect(await shown()).toEqual(['another', 'call-ring']);
  await second.goto('about:blank');
  await until(async () => (await shown()).length === 1, { within: 5_000, for: 'the ring to be closed' });
  expect(await shown()).toEqual(['another']);
});
