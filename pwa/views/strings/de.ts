import type { Catalogue } from './catalogue.ts';
import { calls } from './de/calls.ts';
import { chat } from './de/chat.ts';
import { door } from './de/door.ts';
import { first } from './de/first.ts';
import { hints } from './de/hints.ts';
import { news } from './de/news.ts';
import { people } from './de/people.ts';
import { search } from './de/search.ts';
import { settings } from './de/settings.ts';
import { trust } from './de/trust.ts';

/** German. */
export const de: Catalogue = {
  dir: 'ltr',
  words: { first, calls, chat, door, hints, news, people, search, settings, trust },
};
