import type { Locator, Page } from 'playwright-core';

/** Forms and questions, by the state that they are opened from and what is pressed there. */
export const PRESSED: readonly [what: string, state: string, presses: readonly string[]][] = [
  ['door-register', 'door', ['Create account']],
  ['door-recover', 'door', ['Forgot your password?']],
  ['recovery-code-check', 'recovery-code', ['I have written it down']],
  ['recovery-code-skip', 'recovery-code', ['Continue without it']],
  ['locked-wipe', 'locked', ['Erase this device']],
  ['settings-devices-rename', 'settings-devices', ['Rename Safari on iPhone']],
  ['settings-devices-end', 'settings-devices', ['Sign out Safari on iPhone']],
  ['settings-data-delete', 'settings-data', ['Delete account…']],
  ['settings-lock-call-ask', 'settings-lock-call', ['Lock now']],
  ['settings-data-call-wipe', 'settings-data-call', ['Erase now…']],
  ['safety-paste', 'safety', ['Paste a code']],
  ['safety-scan', 'safety', ['Scan their code']],
  ['call-emoji', 'call-live-video', ['Compare these four: 🐙 🚲 🍋 🎩']],
  ['call-devices', 'call-live-video', ['Microphone, camera, speaker']],
  ['settings-calls-test', 'settings-calls', ['Test them']],
  ['conversation-block', 'conversation', ['Conversation menu', 'Block']],
  ['conversation-day', 'conversation', ['Conversation menu', 'Jump to date']],
  ['conversation-report', 'conversation', ['Conversation menu', 'Report']],
  ['conversation-report-offline', 'conversation-offline', ['Conversation menu', 'Report', 'Send report']],
];

/** What such a press brings onto the screen. */
export const OPENED = 'dialog[open], form, .scanner, :popover-open, .call-mirror';

/** Opens a state of the gallery, and waits until everything of it is there. */
export async function show(page: Page, url: string): Promise<void> {
  await page.goto(url);
  // Other words than the English ones are loaded first.
  await page.waitForFunction(() => 'gallery' in window);
  // Views come after the first paint, and the status chip only when it is worth showing.
  const { view, hasCall, hasNews } = await page.evaluate(() => {
    const { session, status, shell, account, calls } = window.gallery.models;
    const route = shell.route.value;
    const inside = session.phase.value === 'ready' && account.recoveryCode.value === null;
    const wide = innerWidth >= 720;
    const panels = {
      chats: wide ? '.nothing-open' : '.list-pane',
      search: '.results, .list-pane .pane-scroll > .empty',
      calls: '.panel',
      people: '.panel',
      requests: '.panel',
      settings: wide ? '.section-pane' : '.list-pane',
    };
    const conversation =
      route.panel === 'chats' && route.safety === true
        ? '.safety .qr svg, .safety [role=status]'
        : '.composer, .conversation.nothing-open';
    const detail =
      (route.panel === 'chats' && route.peer !== null && conversation) ||
      (route.panel === 'settings' && route.section !== null && '.section-pane');
    return {
      view: inside ? detail || panels[route.panel] : '.door-card',
      hasCall: inside && (calls.current.value ?? calls.incoming.value ?? calls.elsewhere.value) !== null,
      hasNews: inside && (session.needsSignIn.value || status.link.value !== 'live'),
    };
  });
  await page.locator(view).waitFor();
  if (hasCall) await page.locator('.call-screen, .call-bar, .incoming').first().waitFor();
  if (hasNews) await page.locator('.status').waitFor({ timeout: 15_000 });
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
}

/** For people to look at, so not where nobody does. */
export async function picture(page: Page, path: string): Promise<void> {
  if (!process.env['CI']) await page.screenshot({ path });
}

/** Measured sizes have come in when nothing has moved for some frames. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const state = () => {
      const timeline = document.querySelector('.timeline');
      return `${timeline?.scrollTop} ${timeline?.scrollHeight} ${window.gallery.models.timeline.items.value.length}`;
    };
    for (let still = 0, frames = 0, before = ''; still < 12 && frames < 600; frames++) {
      await new Promise((done) => requestAnimationFrame(done));
      const now = state();
      still = now === before ? still + 1 : 0;
      before = now;
    }
  });
}

/** What can be pressed, by its whole name. */
export const pressed = (page: Page, name: string): Locator =>
  page
    .getByRole('button', { name, exact: true })
    .or(page.getByRole('tab', { name, exact: true }))
    .or(page.getByRole('menuitem', { name, exact: true }));

/** What reaches over the side of the screen. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, input, textarea, h1, h2, p, dialog, .card, .door-card')]
      .filter((element) => element.checkVisibility() && element.closest('.visually-hidden, .skip') === null)
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < -0.5 || right > innerWidth + 0.5;
      })
      .map((element) => element.outerHTML.slice(0, 160)),
  );
}
