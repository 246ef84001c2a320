import type { say } from '../strings.ts';
import type { sayCalls } from './calls.ts';
import type { sayChat } from './chat.ts';
import type { sayDoor } from './door.ts';
import type { sayHints } from './hints.ts';
import type { sayNews } from './news.ts';
import type { sayPeople } from './people.ts';
import type { saySearch } from './search.ts';
import type { saySettings } from './settings.ts';
import type { sayTrust } from './trust.ts';

/** All words of a language: the same keys as in English, no more and no less. */
export interface Catalogue {
  readonly dir: 'ltr' | 'rtl';
  readonly words: {
    readonly first: typeof say;
    readonly calls: typeof sayCalls;
    readonly chat: typeof sayChat;
    readonly door: typeof sayDoor;
    readonly hints: typeof sayHints;
    readonly news: typeof sayNews;
    readonly people: typeof sayPeople;
    readonly search: typeof saySearch;
    readonly settings: typeof saySettings;
    readonly trust: typeof sayTrust;
  };
}
