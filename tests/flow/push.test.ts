import type { CDPSession, Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PushMessage, PushRequest } from '#shared/schema/push.ts';
import { type PushDevice, type PushService, startPushService } from '../support/push-service.ts';
import { until } from '../support/wait.ts';
import { type Friends, makeFriends } from './friends.ts';
import { type Person, personAt } from './person.ts';

/** What there is in a service worker, as far as it is used below. */
declare const self: EventTarget & {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: { openWindow(url: string): Promise<null> };
  /** What the worker wanted to open. */
  asked: string[];
};
declare const WindowClient: { readonly prototype: object };
declare const PushEvent: new (type: string, init: { readonly data: string }) => Event;
declare const NotificationEvent: new (
  type: string,
  init: { readonly notification: Notification; readonly action?: string },
) => Event;

interface Shown {
  readonly tag: string;
  readonly title: string;
  readonly body: string;
}

let friends: Friends;
let service: PushService;
let device: PushDevice;
/** The one tab of ben's browser that is always there, and shows nothing of the app. */
let blank: Page;
let devtools: CDPSession;
let registrationId: string;
let unsubscribed = 0;

beforeAll(async () => {
  service = await startPushService();
  device = service.newDevice();
  friends = await makeFriends({ env: { NEXCHAT_PUSH_HOSTS: service.host } });
  const { ben, server } = friends;
  const { context } = ben.browser;
  await context.grantPermissions(['notifications'], { origin: server.url });
  // This browser has no push service of its own: what the server says to the one above is delivered by DevTools.
  await context.exposeFunction('unsubscribed', () => unsubscribed++);
  await context.addInitScript(subscribeTo, device.place);
  blank = await context.newPage();
  devtools = await context.newCDPSession(blank);
  const registrations: string[] = [];
  devtools.on('ServiceWorker.workerRegistrationUpdated', (event) => {
    registrations.push(...event.registrations.map((one) => one.registrationId));
  });
  await devtools.send('ServiceWorker.enable');
  registrationId = await until(() => registrations.at(-1), { within: 5_000, for: 'the service worker' });
  await ben.page.goto(`${server.url}/settings/notices`);
  await ben.page.getByLabel('Show notifications').click();
  await ben.page.getByText('They also come while NexChat is closed.').waitFor();
});
afterAll(async () => {
  await friends?.close();
  await service?.close();
});

/** Runs in the page: it is subscribed at `place` from the first time it asks to be. */
function subscribeTo(place: PushRequest): void {
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0)).buffer;
  const subscription = {
    endpoint: place.endpoint,
    options: { applicationServerKey: null },
    getKey: (name: 'p256dh' | 'auth') => bytes(place[name]),
    unsubscribe: () => (window as unknown as { unsubscribed(): Promise<void> }).unsubscribed(),
  } as unknown as PushSubscription;
  PushManager.prototype.subscribe = async () => subscription;
  PushManager.prototype.getSubscription = async () => subscription;
}

async function choosePreview(page: Page, name: string): Promise<void> {
  await page.goto(`${friends.server.url}/settings/notices`);
  const choice = page.getByRole('radio', { name, exact: true });
  await until(
    async () => {
      await choice.check();
      await page.reload();
      await choice.waitFor();
      return choice.isChecked();
    },
    { within: 10_000, for: `the choice ${name}` },
  );
}

function push(kind: 'message' | 'request'): Promise<unknown> {
  return devtools.send('ServiceWorker.deliverPushMessage', {
    origin: friends.server.url,
    registrationId,
    data: JSON.stringify({ kind } satisfies PushMessage),
  });
}

/** The same, said in the worker itself: tells how often something was shown when all is done. */
async function countShown(message: PushMessage): Promise<number> {
  return (await worker()).evaluate(async (data) => {
    const { registration } = self;
    const { showNotification } = registration;
    let count = 0;
    registration.showNotification = (...what) => {
      count += 1;
      return showNotification.apply(registration, what);
    };
    const event = new PushEvent('push', { data });
    const work: Promise<unknown>[] = [];
    Object.defineProperty(event, 'waitUntil', { value: (promise: Promise<unknown>) => work.push(promise) });
    self.dispatchEvent(event);
    await Promise.all(work);
    registration.showNotification = showNotification;
    return count;
  }, JSON.stringify(message));
}

async function worker(): Promise<Worker> {
  const found = await until(() => friends.ben.browser.context.serviceWorkers().at(-1), {
    within: 5_000,
    for: 'the service worker',
  });
  await found.evaluate(takeTurns);
  return found;
}

/**
 * Runs in the worker. Chromium may forget a notification that is being shown while it is asked which ones stand, and
 * whoever waits here asks all the time.
 */
function takeTurns(): void {
  const { registration } = self;
  if (Object.hasOwn(registration, 'getNotifications')) return;
  const { showNotification, getNotifications } = ServiceWorkerRegistration.prototype;
  let turn: Promise<unknown> = Promise.resolve();
  registration.showNotification = (...what) => {
    const mine = turn.then(() => showNotification.apply(registration, what));
    turn = mine.catch(() => {});
    return mine;
  };
  registration.getNotifications = (...which) => {
    const mine = turn.then(() => getNotifications.apply(registration, which));
    turn = mine.catch(() => {});
    return mine;
  };
}

async function shown(): Promise<readonly Shown[]> {
  return (await worker()).evaluate(async () =>
    (await self.registration.getNotifications()).map(({ tag, title, body }) => ({ tag, title, body })),
  );
}

/** Waits until a notification says this. */
const says = (title: string, body: string, within = 20_000) =>
  until(
    async () => {
      const all = await shown();
      if (all.some((one) => one.title === title && one.body === body)) return true;
      throw new Error(JSON.stringify(all));
    },
    { within, for: `${title}: ${body}` },
  );

/** A browser without a screen hides no window: for this page, and for the worker that asks after it. */
async function hide(page: Page): Promise<void> {
  await (
    await worker()
  ).evaluate(() => {
    Object.defineProperty(WindowClient.prototype, 'visibilityState', { configurable: true, value: 'hidden' });
  });
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
}

/** Whatever was hidden before, the worker finds every window on the screen. */
async function see(): Promise<void> {
  await (
    await worker()
  ).evaluate(() => {
    Object.defineProperty(WindowClient.prototype, 'visibilityState', {
      configurable: true,
      value: 'visible',
    });
  });
}

async function closeShown(): Promise<void> {
  await (
    await worker()
  ).evaluate(async () => {
    for (const notification of await self.registration.getNotifications()) notification.close();
  });
  await until(async () => (await shown()).length === 0, { within: 5_000, for: 'no notification' });
}

/** Opens a tab of the app in ben's browser. */
async function openTab(path = '/'): Promise<Person> {
  const { ben, server } = friends;
  const page = await ben.browser.context.newPage();
  await page.goto(`${server.url}${path}`);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return personAt(ben.browser, page);
}

/** Clicks on what is shown of the conversation, or on one of its offers. Tells what the worker wanted to open. */
async function click(on: { readonly action?: 'read' | 'reply'; readonly reply?: string }): Promise<string[]> {
  return (await worker()).evaluate(async ({ action = '', reply = null }) => {
    self.asked = [];
    self.clients.openWindow = async (url) => {
      self.asked.push(url);
      return null;
    };
    Object.assign(WindowClient.prototype, { focus: async () => null });
    const all = await self.registration.getNotifications();
    const notification = all.find(({ tag }) => tag.startsWith('chat-'));
    if (notification === undefined) throw new Error('no notification is shown');
    const event = new NotificationEvent('notificationclick', { notification, action });
    const work: Promise<unknown>[] = [];
    // Only events of the browser itself may keep a worker awake, or hold what somebody typed.
    Object.defineProperty(event, 'waitUntil', { value: (promise: Promise<unknown>) => work.push(promise) });
    Object.defineProperty(event, 'reply', { value: reply });
    self.dispatchEvent(event);
    await Promise.all(work);
    return self.asked;
  }, on);
}

test('a push with every tab closed shows what was written, opened on this device', async () => {
  const { ana, ben } = friends;
  await ana.send('before');
  await ben.openChat('ana');
  await ben.sees('before');
  await ben.page.close();

  const before = device.woken.length;
  await ana.send('the kettle is on');
  const woken = await until(() => device.woken[before], { within: 10_000, for: 'the server to wake ben' });
  expect(woken.message).toEqual({ kind: 'message' });
  await push('message');
  await says('ana', 'the kettle is on');
  await ana.send('and the cake is done');
  await ana.sees('and the cake is done', 'sent');
  await push('message');
  await says('ana', 'and the cake is done\n2 new messages');
  expect(await shown()).toHaveLength(1);
  await ana.sees('and the cake is done', 'delivered');

  // Nothing new: what stands there stays, and the browser gets its notification.
  await push('message');
  await says('NexChat', 'Everything is up to date');
  expect(await shown()).toHaveLength(2);
}, 60_000);

test('a click leads to the conversation, and reading it closes what told of it', async () => {
  const asked = await click({});
  expect(asked).toEqual([expect.stringMatching(/^\/chats\/[\w-]{22}$/)]);
  const tab = await openTab(asked[0]);
  await tab.sees('and the cake is done');
  await until(async () => (await shown()).length === 0, { within: 10_000, for: 'no notification' });
  await tab.page.close();
}, 60_000);

test('it can be marked as read and answered with every tab closed', async () => {
  const { ana } = friends;
  await ana.send('is the shed locked?');
  await ana.sees('is the shed locked?', 'sent');
  await push('message');
  await says('ana', 'is the shed locked?');
  expect(await click({ action: 'read' })).toEqual([]);
  await ana.sees('is the shed locked?', 'seen');
  expect(await shown()).toEqual([]);

  await ana.send('and the gate?');
  await ana.sees('and the gate?', 'sent');
  await push('message');
  await says('ana', 'and the gate?');
  expect(await click({ action: 'reply', reply: 'both of them' })).toEqual([]);
  await ana.sees('both of them');
  expect(await shown()).toEqual([]);
}, 60_000);

test('a push whose work fails says at least what it is about', async () => {
  const { ana } = friends;
  await (
    await worker()
  ).evaluate(() => {
    Object.defineProperty(navigator, 'setAppBadge', {
      configurable: true,
      value: () => {
        Reflect.deleteProperty(navigator, 'setAppBadge');
        return Promise.reject(new Error('for the test'));
      },
    });
  });
  await ana.send('does it work?');
  await ana.sees('does it work?', 'sent');
  await push('message');
  await says('NexChat', 'New message');
  await closeShown();
}, 60_000);

test('a hidden tab that is connected shows the same, and one that is looked at shows nothing', async () => {
  const { ana } = friends;
  const tab = await openTab();
  await tab.openChat('ana');
  await tab.page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await ana.send('you can see this');
  await ana.sees('you can see this', 'delivered');
  await hide(tab.page);
  await ana.send('you are not here');
  await says('ana', 'you are not here\n2 new messages');
  await push('message');
  await tab.page.waitForTimeout(2_500);
  expect(await shown()).toHaveLength(1);

  // A click leads there in the window that is open already.
  await tab.page.evaluate(() => Reflect.deleteProperty(document, 'visibilityState'));
  expect(await click({})).toEqual([]);
  await tab.sees('you are not here');
  await until(async () => (await shown()).length === 0, { within: 10_000, for: 'no notification' });
  await tab.page.close();
}, 60_000);

test('the server hears where to wake a device when it can be reached again, and when leave was taken and given again', async () => {
  const { ben, server } = friends;
  const { context } = ben.browser;
  const page = await context.newPage();
  const puts: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/push') && request.method() === 'PUT') puts.push('told');
  });
  let failed = 0;
  await page.route('**/api/push', (route) => {
    failed += 1;
    return route.abort();
  });
  await page.goto(`${server.url}/settings/notices`);
  await until(() => failed > 0, { within: 10_000, for: 'the failure' });
  await page.getByText('The server has not been asked yet.').waitFor();
  await page.unroute('**/api/push');
  await context.setOffline(true);
  await page.getByText('You are offline').first().waitFor();
  await context.setOffline(false);
  await page.getByText('They also come while NexChat is closed.').waitFor();
  expect(puts).toHaveLength(1);

  const lookAgain = () => page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')));
  await context.clearPermissions();
  await lookAgain();
  await page.getByText('They also come while NexChat is closed.').waitFor({ state: 'detached' });
  await context.grantPermissions(['notifications'], { origin: server.url });
  await lookAgain();
  await page.getByText('They also come while NexChat is closed.').waitFor();
  expect(puts).toHaveLength(2);
  await page.close();
}, 60_000);

test('whoever switches them off is not woken by a telling that was under way', async () => {
  const { ben, server } = friends;
  const page = await ben.browser.context.newPage();
  const asked: string[] = [];
  const held: (() => Promise<void>)[] = [];
  await page.route('**/api/push', (route) => {
    const method = route.request().method();
    asked.push(method);
    if (method !== 'PUT' || held.length > 0) return route.continue();
    held.push(() => route.continue());
    return Promise.resolve();
  });
  await page.goto(`${server.url}/settings/notices`);
  await until(() => held.length > 0, { within: 10_000, for: 'the server to be told' });
  const box = page.getByLabel('Show notifications');
  await box.click();
  await page.getByText('Working').waitFor();
  // As long as it takes to say so, three times over.
  for (let n = 0; n < 3; n++) await page.evaluate(() => fetch('/healthz').then(() => undefined));
  expect(asked).toEqual(['GET', 'PUT']);
  const ended = unsubscribed;
  await held[0]?.();
  await until(() => asked.includes('DELETE'), { within: 5_000, for: 'the server to hear of it' });
  expect(unsubscribed).toBe(ended + 1);
  await page.getByText('Working').waitFor({ state: 'detached' });
  expect(await box.isChecked()).toBe(false);
  await box.click();
  await page.getByText('They also come while NexChat is closed.').waitFor();
  await page.close();
}, 60_000);

test('where the push service has ended a subscription, the server hears of a new one with every tab closed', async () => {
  const { ana } = friends;
  const next = service.newDevice();
  await (await worker()).evaluate(subscribeTo, next.place);
  await (
    await worker()
  ).evaluate(async () => {
    const event = new Event('pushsubscriptionchange');
    const work: Promise<unknown>[] = [];
    Object.defineProperty(event, 'waitUntil', { value: (promise: Promise<unknown>) => work.push(promise) });
    self.dispatchEvent(event);
    await Promise.all(work);
  });
  await ana.send('do you still hear me?');
  await until(() => next.woken.length > 0, { within: 10_000, for: 'the server to wake ben' });
  await push('message');
  await says('ana', 'do you still hear me?');
  await click({ action: 'read' });
}, 60_000);

test('it says only as much as was chosen, and nothing of anybody while the app is locked', async () => {
  const { ana } = friends;
  const before = await openTab();
  await choosePreview(before.page, 'Only that there is something new');
  await before.page.close();
  await ana.send('a secret');
  await ana.sees('a secret', 'sent');
  await push('message');
  await says('NexChat', 'New message');
  expect(JSON.stringify(await shown())).not.toMatch(/ana|secret/);

  const tab = await openTab();
  await choosePreview(tab.page, 'Who wrote, and what');
  await tab.page.goto(`${friends.server.url}/settings/lock`);
  await tab.page.getByLabel('Passphrase', { exact: true }).fill('a tall gate with ivy');
  await tab.page.getByLabel('Repeat the passphrase').fill('a tall gate with ivy');
  await tab.page.getByRole('button', { name: 'Turn on the lock' }).click();
  await tab.page.getByText('The lock is on').waitFor();
  // What stood there said more than a device with a lock does.
  await until(async () => (await shown()).length === 0, { within: 5_000, for: 'no notification' });
  // A tab that was unlocked tells of it, and the worker of a locked device does not say the same again.
  await hide(tab.page);
  await ana.send('a third one');
  await says('NexChat', '2 new messages');
  expect(await countShown({ kind: 'message' })).toBe(0);
  await tab.page.close();
  await ana.send('another secret');
  await push('message');
  await says('NexChat', 'New message');
  await push('request');
  await says('NexChat', 'New friend request');
  expect(JSON.stringify(await shown())).not.toMatch(/ana|secret/);
}, 60_000);

test('a lock screen that is looked at shows nothing of what is new: a notification does', async () => {
  const { ben, server } = friends;
  await closeShown();
  const page = await ben.browser.context.newPage();
  await page.goto(server.url);
  await page.getByLabel('Passphrase').waitFor();
  await see();
  await push('message');
  await says('NexChat', 'New message');
  await page.close();
}, 60_000);

test('whoever logs out is not woken any more, and nothing of theirs stays on the screen', async () => {
  const { ben, server } = friends;
  expect(await shown()).not.toEqual([]);
  const before = unsubscribed;
  const page = await ben.browser.context.newPage();
  await page.goto(server.url);
  await page.getByLabel('Passphrase').fill('a tall gate with ivy');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out and erase' }).click();
  await page.getByRole('tab', { name: 'Sign in' }).waitFor();
  await until(async () => (await shown()).length === 0, { within: 10_000, for: 'no notification' });
  await until(() => unsubscribed > before, { within: 5_000, for: 'the end of the subscription' });
}, 60_000);
