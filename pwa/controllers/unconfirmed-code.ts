import { note } from './log.ts';

/** A mark outside of the database: a recovery code was shown here, and nobody proved that it was written down. */
const NAME = 'nexchat-code-unconfirmed';

export const markCodeShown = () => attempt(() => localStorage.setItem(NAME, '1'));
export const forgetCodeShown = () => attempt(() => localStorage.removeItem(NAME));
export const isCodeUnconfirmed = () => attempt(() => localStorage.getItem(NAME)) === '1';

/** Null where the browser keeps nothing for this site. */
function attempt<T>(access: () => T): T | null {
  try {
    return access();
  } catch (error) {
    note('the mark of a recovery code can’t be kept', error);
    return null;
  }
}
