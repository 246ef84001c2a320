import { type DestinationStream, type Logger, pino } from 'pino';
import type { Settings } from './config.ts';

/**
 * The log: JSON lines on standard output. It names requests, routes, codes and errors, and never a person, an address,
 * a token or what somebody sent.
 */
export function createLog(level: Settings['logLevel'], destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: describeError } };
  return destination ? pino(options, destination) : pino(options);
}

interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string | number;
  readonly cause?: ErrorDescription;
}

/** Errors that a cause is followed through. */
const MOST_CAUSES = 5;

/** Only what errors have by definition: libraries hang bodies, rows and addresses on theirs. */
function describeError(error: unknown): unknown {
  return error instanceof Error ? describe(error, 0) : error;
}

function describe(error: Error, depth: number): ErrorDescription {
  const code: unknown = 'code' in error ? error.code : undefined;
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return {
    type: error.name,
    message: withoutValues(error.message),
    stack: withoutValues(error.stack ?? ''),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause instanceof Error && depth < MOST_CAUSES && { cause: describe(cause, depth + 1) }),
  };
}

/** Databases say which value was there before, and addresses may carry a password. */
function withoutValues(text: string): string {
  return text.replace(/dup key: \{[^\n]*\}/g, 'dup key').replace(/(\w:\/\/)[^@\s/]*@/g, '$1');
}
