import { setTimeout as sleep } from 'node:timers/promises';

export interface Bound {
  /** Milliseconds until waiting ends in an error. */
  readonly within: number;
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** What is waited for, for the error text. */
  readonly for?: string;
}

/**
 * Looks again and again until `look` gives something other than false, null or undefined, and returns it.
 * What `look` throws counts as "not yet" and is told when the time is up.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  bound: Bound,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + bound.within;
  let last: unknown;
  for (;;) {
    let failed = false;
    try {
      const seen = await withDeadline(look, end, bound);
      if (seen !== false && seen !== null && seen !== undefined)
        return seen as Exclude<T, false | null | undefined>;
      last = seen;
    } catch (error) {
      if (error instanceof TimeUp) throw error;
      failed = true;
      last = error;
    }
    if (performance.now() >= end)
      throw new TimeUp(bound, failed ? `it threw: ${text(last)}` : `it gave ${text(last)}`, last);
    await sleep(bound.every ?? 20);
  }
}

/** The promise, or an error when it has not settled within the bound. */
export async function settled<T>(promise: Promise<T>, bound: Bound): Promise<T> {
  return withDeadline(() => promise, performance.now() + bound.within, bound);
}

class TimeUp extends Error {
  override readonly name = 'TimeUp';
  constructor(bound: Bound, why: string, cause?: unknown) {
    super(`Waited ${bound.within} ms for ${bound.for ?? 'a condition'}; at last ${why}`, { cause });
  }
}

async function withDeadline<T>(look: () => T | Promise<T>, end: number, bound: Bound): Promise<T> {
  const left = Math.max(0, end - performance.now());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeUp(bound, 'it had not answered')), left + 50);
  });
  try {
    return await Promise.race([look(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function text(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
