import type { Locator, Page } from 'playwright-core';

/** What reads less well than 4.5:1 (WCAG 2.2, 1.4.3) at its worst pixel, by its words. */
export async function tooFaint(page: Page, texts: Locator): Promise<string[]> {
  const found = await texts.evaluateAll((elements) =>
    elements.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return {
        words: element.textContent,
        ink: getComputedStyle(element).color,
        box: [x, y, width, height] as const,
      };
    }),
  );
  const hide = (hidden: boolean) =>
    texts.evaluateAll(
      (elements, to) => {
        for (const element of elements) (element as HTMLElement).style.visibility = to;
      },
      hidden ? 'hidden' : '',
    );
  await hide(true);
  const png = await page.screenshot();
  await hide(false);
  // The app's own policy lets no picture in.
  const blank = await page.context().browser()?.newPage();
  if (blank === undefined) throw new Error('the browser is gone');
  const ratios = await blank.evaluate(measure, { png: png.toString('base64'), found });
  await blank.close();
  return found.flatMap(({ words }, index) => {
    const ratio = ratios[index] ?? 0;
    return ratio < 4.5 ? [`${words}: ${ratio.toFixed(2)}`] : [];
  });
}

interface Shot {
  readonly png: string;
  readonly found: readonly { ink: string; box: readonly [number, number, number, number] }[];
}

/** Runs in a browser: the least contrast of each ink against the pixels of its box. */
async function measure({ png, found }: Shot): Promise<number[]> {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.drawImage(image, 0, 0);
  const linear = (part = 0) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = (r?: number, g?: number, b?: number) =>
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
  return found.map(({ ink, box }) => {
    const [r, g, b] = (ink.match(/[\d.]+/g) ?? []).map(Number);
    const front = light(r, g, b);
    const { data } = context.getImageData(...box);
    let least = 21;
    for (let at = 0; at < data.length; at += 4) {
      const back = light(data[at], data[at + 1], data[at + 2]);
      least = Math.min(least, Math.max(front, back) / Math.min(front, back));
    }
    return least;
  });
}
