import { note } from './log.ts';

/**
 * A mark outside of the database that somebody is signed in here: without it nobody could tell a database that the
 * browser has thrown away from one that there never was.
 */
const NAME = 'nexchat-was-in';

export function markIn(): void {
  attempt(() => localStorage.setItem(NAME, '1'));
}

export function markOut(): void {
  attempt(() => localStorage.removeItem(NAME));
}

export function wasIn(): boolean {
  return attempt(() => localStorage.getItem(NAME)) !== null;
}

/** Null where the browser keeps nothing for this site. */
function attempt<T>(access: () => T): T | null {
  try {
    return access();
  } catch (error) {
    note('the mark of a sign-in can’t be kept', error);
    return null;
  }
}
