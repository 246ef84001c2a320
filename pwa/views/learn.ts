import type { Language } from '../models/language.ts';
import { language } from './language.ts';
import type { Catalogue } from './strings/catalogue.ts';
import { speak } from './strings.ts';

/** The languages that are not in the sources already. */
export const CATALOGUES: Record<Exclude<Language, 'en'>, () => Promise<Catalogue>> = {
  de: async () => (await import('./strings/de.ts')).de,
};

/** Fetches the words of this page's language, before the first is drawn. Null where there is nothing to wait for. */
export function learn(): Promise<void> | null {
  if (language !== 'en') return CATALOGUES[language]().then(adopt);
  // The page may have come in another one, which is written in the same direction.
  document.documentElement.lang = 'en';
  return null;
}

/** Writes and speaks a language from now on. */
export function adopt({ dir, words }: Catalogue): void {
  Object.assign(document.documentElement, { lang: language, dir });
  speak(words);
}
