import { equalBytes } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';

/**
 * Runs database work. What the browser refuses comes out as a Failure: STORAGE_FULL when there is no space,
 * STORAGE_UNAVAILABLE when there is no database (any more). Everything else is a bug and stays as it is.
 */
export async function guarded<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
}

const UNAVAILABLE = new Set([
  'DatabaseClosedError',
  'OpenFailedError',
  'MissingAPIError',
  'MissingApiError',
  'InvalidStateError',
  'SecurityError',
  'UnknownError',
  'VersionError',
]);

function asFailure(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const names = namesOf(error, 4);
  if (names.includes('QuotaExceededError')) return new Failure('STORAGE_FULL', undefined, error);
  const name = names.find((candidate) => UNAVAILABLE.has(candidate));
  return name === undefined ? error : new Failure('STORAGE_UNAVAILABLE', name, error);
}

/** Dexie wraps what IndexedDB said in `inner`, and what bulk writes met in `failures`. */
function namesOf(error: unknown, depth: number): string[] {
  if (typeof error !== 'object' || error === null || depth === 0) return [];
  const { name, inner, failures } = error as { name?: unknown; inner?: unknown; failures?: unknown };
  const inside = [inner, ...(Array.isArray(failures) ? failures.slice(0, 1) : [])];
  return [...(typeof name === 'string' ? [name] : []), ...inside.flatMap((part) => namesOf(part, depth - 1))];
}

/** Returned by a commit that found other data than what it was prepared from. */
export const RACED = Symbol('raced');

/** Whether a record that something was prepared from is still the one that is stored; undefined for none. */
export function isSameRecord(before: Bytes | undefined, now: Bytes | undefined): boolean {
  return before === undefined || now === undefined ? before === now : equalBytes(before, now);
}

const TRIES = 32;

/**
 * Sealing can't be awaited inside a transaction, so writes are prepared first and committed if what they were
 * prepared from still holds; when another tab was faster they are prepared again. Whoever loses, another one has
 * won, so this ends.
 */
export async function untilCommitted<T>(attempt: () => Promise<T | typeof RACED>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const outcome = await attempt();
    if (outcome !== RACED) return outcome;
  }
  throw new Error(`A write lost ${TRIES} races against other tabs`);
}

/** Runs tasks of one name one after the other, in the order they were given. */
export function createTurns(): <T>(name: string, task: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return (name, task) => {
    const before = tails.get(name) ?? Promise.resolve();
    // A task that failed told its own caller; the next one runs all the same.
    const turn = before.then(task, task);
    tails.set(name, turn);
    const forget = () => {
      if (tails.get(name) === turn) tails.delete(name);
    };
    turn.then(forget, forget);
    return turn;
  };
}
