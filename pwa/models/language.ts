/** The languages that the app speaks. English is in the sources; the others are loaded by whoever wants them. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Where `localStorage` keeps the chosen one: it is wanted before the first word, and before there is a database. */
export const LANGUAGE_KEY = 'nexchat-language';

/** The first of some tags of languages (`de-AT`), best first, that the app speaks; else English. */
export function languageAmong(tags: readonly string[]): Language {
  for (const tag of tags) {
    const known = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (known !== undefined) return known;
  }
  return 'en';
}
