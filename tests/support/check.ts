/** Assertions for suites that run in Node and in browsers alike. */

/** Structural equality; byte arrays by content. Throws with both sides. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [text(actual), text(expected)];
  if (is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Not true: ${what}`);
}

/** The promise must reject with an Error; `code` is that of a Failure. */
export async function rejects(promise: Promise<unknown>, what: string, code?: string): Promise<void> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error ?? new Error('nothing'),
  );
  if (!(outcome instanceof Error)) throw new Error(`${what}: should have been refused`);
  const given = 'code' in outcome ? outcome.code : undefined;
  if (code !== undefined) same(given, code, `${what} (${outcome.message})`);
}

/** Looks every few milliseconds until `look` holds; throws after `within` milliseconds. */
export async function becomes(
  look: () => boolean | Promise<boolean>,
  what: string,
  within = 3_000,
): Promise<void> {
  const end = performance.now() + within;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`Waited ${within} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return `bytes ${[...part].join(' ')}`;
    if (part instanceof Map) return { map: [...part] };
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
