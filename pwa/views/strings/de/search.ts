import { counted, numbers } from '../../strings.ts';
import type { Catalogue } from '../catalogue.ts';

export const search: Catalogue['words']['search'] = {
  title: 'Suche',
  hintTitle: 'Alle Nachrichten durchsuchen',
  hint: 'Alles, was auf diesem Gerät ist, lässt sich finden, auch offline. Wonach du suchst, bleibt hier.',
  chats: 'Unterhaltungen',
  messages: 'Nachrichten',
  mine: 'Du:',
  more: 'Mehr anzeigen',
  noneTitle: 'Keine Nachrichten gefunden',
  none: (query) => `„${query}“ kommt auf diesem Gerät nicht vor.`,
  found: (count, more) =>
    more
      ? `Mehr als ${counted(count, 'Nachricht', 'Nachrichten')}`
      : counted(count, 'Nachricht', 'Nachrichten'),
  preparing: 'Deine Nachrichten werden gelesen …',
  reading: (done, total) => `Wird noch gelesen: ${numbers.format(done)} von ${numbers.format(total)}`,
};
