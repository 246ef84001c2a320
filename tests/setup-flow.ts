import { buildIfStale } from '#api/dev/build.ts';
import { chromiumPath } from '#tests/support/chromium.ts';

/** What every flow needs: the product as it is shipped, built of the present sources, and a browser. */
export async function setup(): Promise<void> {
  await chromiumPath();
  await buildIfStale();
}
