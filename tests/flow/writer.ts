import type { Page } from 'playwright-core';
import { settled } from '../support/wait.ts';

/** What one side did and saw while it wrote. */
export interface Written {
  /** Every text that the composer took, in order. */
  readonly texts: readonly string[];
  /** Those of them that the screen ever showed as sent, or as more than that. */
  readonly shownAsSent: readonly string[];
}

/** Somebody who writes into the open conversation without a pause, and never forgets a tick. */
export interface Writer {
  /** Ends after the message that is being written. */
  stop(): Promise<Written>;
}

/** Writes "NAME 1", "NAME 2", … through the composer, `pauseMs` apart. */
export async function startWriting(page: Page, name: string, pauseMs: number): Promise<Writer> {
  const handle = await page.evaluateHandle(writeInPage, { name, pauseMs });
  return {
    async stop() {
      const written = await settled(
        handle.evaluate((writing) => writing.stop()),
        { within: 15_000, for: `${name} to stop writing` },
      );
      await handle.dispose();
      return written;
    },
  };
}

/** Runs in the page: sees nothing but its arguments. */
function writeInPage({ name, pauseMs }: { name: string; pauseMs: number }) {
  const texts: string[] = [];
  const shownAsSent = new Set<string>();
  const ending = new AbortController();

  const look = () => {
    for (const row of document.querySelectorAll('.timeline-row')) {
      const tick = row.querySelector<SVGElement>('.tick')?.dataset['tick'];
      const text = row.querySelector('.text')?.textContent;
      if (text && (tick === 'sent' || tick === 'delivered' || tick === 'seen')) shownAsSent.add(text);
    }
  };
  const watching = new MutationObserver(look);
  watching.observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-tick'],
  });

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
    });
  const write = async () => {
    for (let i = 1; !ending.signal.aborted; i++) {
      const field = document.querySelector<HTMLTextAreaElement>('.composer textarea');
      if (field === null) throw new Error('There is no composer.');
      const text = `${name} ${i}`;
      field.value = text;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      while (document.querySelector('.composer .send:enabled') === null) await sleep(2);
      document.querySelector<HTMLButtonElement>('.composer .send')?.click();
      while (field.value !== '') await sleep(2);
      texts.push(text);
      await sleep(pauseMs);
    }
  };
  const done = write();
  // Whoever stops the writing hears of it.
  done.catch(() => undefined);

  return {
    async stop() {
      ending.abort();
      await done;
      look();
      watching.disconnect();
      return { texts, shownAsSent: [...shownAsSent] };
    },
  };
}
