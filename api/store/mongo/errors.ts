import { setTimeout as sleep } from 'node:timers/promises';
import { MongoBulkWriteError, MongoError, MongoServerError, MongoWriteConcernError } from 'mongodb';
import { Failure } from '#shared/errors.ts';

const DUPLICATE = 11_000;
/** OutOfDiskSpace, and the quota of a server. */
const FULL = new Set<unknown>([14_031, 12_501]);
/**
 * What the server says when it can't at the moment: elections, shutting down, time limits, write concerns that were not
 * met, chunks on the move.
 */
const PASSING = new Set<unknown>([
  6, 7, 24, 50, 63, 64, 79, 89, 91, 100, 112, 133, 150, 189, 202, 234, 262, 384, 9_001, 10_058, 10_107,
  11_600, 11_602, 13_388, 13_435, 13_436,
]);

/** A unique index refused it, and the database has waited as long as for a write that it took. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE) return false;
  return !(error instanceof MongoBulkWriteError && error.result?.getWriteConcernError());
}

/** What a database error means to a client. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof MongoError)) return new Failure('INTERNAL', undefined, error);
  const isBulk = error instanceof MongoBulkWriteError;
  // A connection that broke in a bulk is an answer of the server in name only.
  if (isBulk && error.errorResponse instanceof MongoError) return asFailure(error.errorResponse);
  if (FULL.has(error.code)) return new Failure('STORAGE_FULL', undefined, error);
  const answered = error instanceof MongoServerError && !(error instanceof MongoWriteConcernError);
  const unmet = isBulk && error.result?.getWriteConcernError();
  const passes = !answered || unmet || PASSING.has(error.code) || error.hasErrorLabel('RetryableWriteError');
  return new Failure(passes ? 'UNAVAILABLE' : 'INTERNAL', undefined, error);
}

/** How often something is tried again when another writer was faster. */
const MAX_TRIES = 40;

/**
 * Repeats `attempt` until it gives something. Each undefined means that another writer was faster: the next try comes
 * a little later, at a random moment, so that many writers don't meet again.
 */
export async function untilDone<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const done = await attempt();
    if (done !== undefined) return done;
    await sleep(Math.random() * Math.min(100, 2 ** tries));
  }
  throw new Failure('UNAVAILABLE', 'others were faster too often');
}
