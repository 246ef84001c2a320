import { Failure } from '#shared/errors.ts';

/** A part of the app that is loaded when it is needed. Rejects with a Failure (OFFLINE) when it can't be had now. */
export function load<Part>(part: Promise<Part>): Promise<Part> {
  return part.catch((error: unknown) => {
    throw new Failure('OFFLINE', 'part', error);
  });
}
