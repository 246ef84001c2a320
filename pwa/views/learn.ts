import type { Language } from '../models/language.ts';
import { language } from './language.ts';
import type { Catalogue } from './strings/catalogue.ts';
import { speak } from './strings.ts';

/** The languages that are not in the sources already. */
const CATALOGUES: Record<Exclude<Language, 'en'>, () => Promise<Catalogue>> = {
  de: async () => (await import('./strings/de.ts')).de,
};

/** Fetches the words of this page's language, before the first is drawn. Null where there is nothing to wait for. */
export function learn(): Promise<void> | null {
  return language === 'en' ? null : CATALOGUES[language]().then(adopt);
}

/** Writes and speaks a language from now on. */
export function adopt({ dir, words }: Catalogue): void {
  Object.assign(document.documentElement, { lang: language, dir });
  speak(words);
}
