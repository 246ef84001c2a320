/** Watches the app from inside its page; unlock.ts talks to it as `globalThis.probe`. Times are in ms. */

const SIGNS = {
  locked: 'main.door',
  listed: '.conversation-item',
  readable: '.message .text',
} as const;
export type Sign = keyof typeof SIGNS;

const LOOK_EVERY = 25;
/** When the page began to load, or something was pressed last. */
let began = 0;
let shown = new Map<Sign, number>();

document.addEventListener(
  'click',
  () => {
    began = performance.now();
    shown = new Map();
  },
  { capture: true },
);
new MutationObserver(() => {
  for (const [sign, selector] of Object.entries(SIGNS) as [Sign, string][])
    if (!shown.has(sign) && document.querySelector(selector) !== null) shown.set(sign, performance.now());
}).observe(document, { childList: true, subtree: true });

const probe = {
  /** How long it took until it was shown. The caller bounds the time. */
  async after(sign: Sign): Promise<number> {
    for (;;) {
      const time = shown.get(sign);
      if (time !== undefined) return time - began;
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_EVERY);
      });
    }
  },
};
Object.assign(globalThis, { probe });
