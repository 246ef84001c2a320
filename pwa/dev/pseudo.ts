import type { Catalogue } from '../views/strings/catalogue.ts';
import { say } from '../views/strings.ts';
import { sayCalls } from '../views/strings/calls.ts';
import { sayChat } from '../views/strings/chat.ts';
import { sayDoor } from '../views/strings/door.ts';
import { sayHints } from '../views/strings/hints.ts';
import { sayNews } from '../views/strings/news.ts';
import { sayPeople } from '../views/strings/people.ts';
import { saySearch } from '../views/strings/search.ts';
import { saySettings } from '../views/strings/settings.ts';
import { sayTrust } from '../views/strings/trust.ts';

const PLAIN = 'AEIOUaeiouy';
const ACCENTED = 'ÅËÎØÜåëîøüÿ';

/** What a catalogue says, marked and longer by a third: `⟦Sëttîngs åëî⟧`. */
export function marked(english: string): string {
  if (english === '') return '';
  const accented = [...english].map((letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter).join('');
  // Not one long word, which no language has.
  const more = 'åëîø '
    .repeat(english.length)
    .slice(0, Math.ceil(english.length * 0.3))
    .trim();
  return `⟦${accented}${english.length < 12 ? '' : ' '}${more}⟧`;
}

/** Everything that the app says in English. */
export const ENGLISH: Catalogue['words'] = {
  first: say,
  calls: sayCalls,
  chat: sayChat,
  door: sayDoor,
  hints: sayHints,
  news: sayNews,
  people: sayPeople,
  search: saySearch,
  settings: saySettings,
  trust: sayTrust,
};

/** A language nobody speaks, written from right to left: what is not marked on the screen is not in the catalogues. */
export function pseudo(): Catalogue {
  return { dir: 'rtl', words: all(ENGLISH) };
}

type Said = string | ((...given: never[]) => string | null) | { readonly [key: string]: Said };

function all<Words extends object>(words: Words): Words {
  const entries = Object.entries(words as Record<string, Said>).map(([key, said]) => [key, changed(said)]);
  return Object.fromEntries(entries) as Words;
}

function changed(said: Said): Said {
  if (typeof said === 'string') return marked(said);
  if (typeof said === 'function') {
    return (...given: never[]) => {
      const text = said(...given);
      return text === null ? null : marked(text);
    };
  }
  return all(said);
}
