import { MongoNetworkError, MongoServerError, MongoWriteConcernError } from 'mongodb';
import type { Collections } from '#api/store/mongo/collections.ts';

/** One call of the driver that changes the database. */
export interface WriteCall {
  readonly collection: keyof Collections;
  readonly method: string;
  /** Counts the calls from 0. */
  readonly at: number;
}
/** What goes wrong with a call: the write happens or not, or half of it, and the caller hears of an error either way. */
export interface Fault {
  readonly error: Error;
  readonly happens: boolean | 'half';
}

export interface FaultyCollections {
  readonly collections: Collections;
  /** The calls so far. */
  readonly calls: readonly WriteCall[];
}

const WRITES: ReadonlySet<string | symbol> = new Set([
  'insertOne',
  'insertMany',
  'updateOne',
  'updateMany',
  'bulkWrite',
  'findOneAndReplace',
  'deleteOne',
  'deleteMany',
]);

/**
 * The driver's collections, with every changing call under the control of `plan`: what it gives is thrown, before or after
 * the database has done what was asked; a promise that it gives is waited for first.
 */
export function withFaults(
  collections: Collections,
  plan: (call: WriteCall) => Fault | undefined | Promise<Fault | undefined>,
): FaultyCollections {
  const calls: WriteCall[] = [];

  function wrap(name: keyof Collections, collection: object): object {
    return new Proxy(collection, {
      get(target, method) {
        const value: unknown = Reflect.get(target, method, target);
        if (typeof value !== 'function') return value;
        const call = (...given: unknown[]): unknown => Reflect.apply(value, target, given);
        if (!WRITES.has(method)) return call;
        return async (...given: unknown[]): Promise<unknown> => {
          const made: WriteCall = { collection: name, method: String(method), at: calls.length };
          calls.push(made);
          const fault = await plan(made);
          if (!fault) return call(...given);
          if (fault.happens === 'half') await call(...halfOf(given));
          else if (fault.happens) await call(...given);
          throw fault.error;
        };
      },
    });
  }

  const names = Object.keys(collections) as (keyof Collections)[];
  const wrapped = Object.fromEntries(names.map((name) => [name, wrap(name, collections[name])]));
  return { collections: wrapped as unknown as Collections, calls };
}

/** An ordered insert stops where it fails; another one goes on behind that. */
function halfOf([docs, options, ...rest]: readonly unknown[]): unknown[] {
  if (!Array.isArray(docs) || docs.length < 2) return [docs, options, ...rest];
  const half = docs.length >> 1;
  const ordered = !(typeof options === 'object' && options && 'ordered' in options && !options.ordered);
  return [ordered ? docs.slice(0, half) : docs.slice(half), options, ...rest];
}

/** Everything that a replica set does to a client in bad times. */
export const FAULTS: Readonly<Record<string, () => Fault>> = {
  'the connection broke before the write': () => ({ error: network(), happens: false }),
  'the connection broke after the write': () => ({ error: network(), happens: true }),
  'the connection broke in the middle of a batch': () => ({ error: network(), happens: 'half' }),
  'the primary had stepped down': () => ({ error: serverError(10_107, 'not primary'), happens: false }),
  'the primary was shutting down after the write': () => ({
    error: serverError(91, 'The server is in quiesce mode and will shut down'),
    happens: true,
  }),
  'no majority had it in time': () => ({
    error: new MongoWriteConcernError({
      writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
    } as ConstructorParameters<typeof MongoWriteConcernError>[0]),
    happens: true,
  }),
};

export const network = (): Error => new MongoNetworkError('connection 7 to 127.0.0.1:27017 closed');

export const serverError = (code: number, message: string): Error => new MongoServerError({ code, message });

/** A plan under which the process is dead from call `at` on: that call is the last to happen, or the first that doesn't. */
export function dyingAt(at: number, happens: boolean): (call: WriteCall) => Fault | undefined {
  return (call) => {
    if (call.at < at) return undefined;
    return { error: network(), happens: happens && call.at === at };
  };
}

/** Collections whose first call of a method waits until it is let go. */
export function holdFirst(base: Collections, collection: keyof Collections, method: string) {
  let [release, arrived] = [() => {}, () => {}];
  const gate = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => (arrived = resolve));
  let first = true;
  const { collections } = withFaults(base, async (call) => {
    if (!first || call.collection !== collection || call.method !== method) return undefined;
    first = false;
    arrived();
    await gate;
    return undefined;
  });
  return { collections, reached, release: () => release() };
}
