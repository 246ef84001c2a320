import { LANGUAGE_KEY, languageAmong } from '../models/language.ts';

/** What the person chose here, null where the browser decides or keeps nothing for this site. */
export function chosenLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    // Without a place to keep it there is no choice to be read.
    return null;
  }
}

const chosen = chosenLanguage();

/** The language of this page, from its start to its end. */
export const language = languageAmong([
  ...(chosen === null ? [] : [chosen]),
  ...(globalThis.navigator?.languages ?? []),
]);

/** What dates, numbers and plurals are written by. */
export const LOCALE = language === 'en' ? 'en-GB' : language;
