import { isMissed } from '../../../models/is-missed.ts';
import { counted, numbers } from '../../strings.ts';
import type { Catalogue } from '../catalogue.ts';
import { errors } from './errors.ts';

export const first: Catalogue['words']['first'] = {
  app: 'NexChat',
  error: (code) => errors[code],
  cancel: 'Abbrechen',
  close: 'Schließen',
  back: 'Zurück',
  skip: 'Zur Unterhaltung springen',
  noFiles: 'Dateien können noch nicht gesendet werden, Text und Links schon.',
  verified: 'Verifiziert',

  nav: {
    label: 'Hauptmenü',
    chats: 'Chats',
    calls: 'Anrufe',
    people: 'Personen',
    requests: 'Anfragen',
    settings: 'Einstellungen',
    collapse: 'Seitenleiste einklappen',
    expand: 'Seitenleiste ausklappen',
    badge: (count) => `${numbers.format(count)} neu`,
  },

  status: {
    label: 'Verbindung',
    offline: 'Du bist offline',
    offlineShort: 'Offline',
    offlineQueued: (count) =>
      `Offline: ${counted(count, 'Nachricht wird', 'Nachrichten werden')} gesendet, sobald du wieder verbunden bist`,
    offlineQueuedShort: (count) => `Offline · ${counted(count, 'wartet', 'warten')}`,
    unreachable: 'Server nicht erreichbar',
    unreachableShort: 'Kein Server',
    unreachableQueued: (count) =>
      `Server nicht erreichbar: ${counted(count, 'Nachricht wird', 'Nachrichten werden')} gesendet, sobald er wieder da ist`,
    unreachableQueuedShort: (count) => `Kein Server · ${counted(count, 'wartet', 'warten')}`,
    tryNow: 'Nochmal',
    connecting: 'Verbinden …',
    catchingUp: 'Wird aktualisiert …',
    catchingUpOf: (done, total) => `Wird aktualisiert: ${numbers.format(done)} von ${numbers.format(total)}`,
    stopped: 'Nicht verbunden',
    signIn: 'Melde dich wieder an, um zu senden',
    signInShort: 'Wieder anmelden',
  },

  update: { ready: 'Eine neue Version ist bereit.', apply: 'Aktualisieren', later: 'Später' },

  toast: { dismiss: 'Ausblenden', label: 'Hinweise' },

  list: {
    title: 'Chats',
    label: 'Unterhaltungen',
    search: 'Nachrichten suchen',
    emptyTitle: 'Noch keine Unterhaltungen',
    empty: 'Füge jemanden hinzu, dann kann hier die erste Nachricht stehen.',
    find: 'Personen finden',
    draft: 'Entwurf:',
    typing: 'schreibt …',
    unread: (count) => counted(count, 'ungelesene Nachricht', 'ungelesene Nachrichten'),
    badge: (count) => (count > 999 ? '999+' : numbers.format(count)),
    nothingSaid: 'Sag Hallo',
    online: 'Online',
    blocked: 'Blockiert',
    changed: 'Neue Identität: Nachrichten warten',
    call(call) {
      const way = call.mine ? 'Ausgehender' : 'Eingehender';
      const kind = call.media === 'voice' ? 'Anruf' : 'Videoanruf';
      return `${isMissed(call) ? 'Verpasster' : way} ${kind}`;
    },
  },

  conversation: {
    pickTitle: 'Wähle eine Unterhaltung',
    pick: 'Alles, was du schon gelesen hast, öffnet sich auch ohne Netz.',
    noneTitle: 'Hier stehen bald deine Nachrichten',
    today: 'Heute',
    yesterday: 'Gestern',
    tick: {
      writing: 'Wird auf diesem Gerät gespeichert',
      queued: 'Wartet auf das Senden',
      sent: 'Gesendet',
      delivered: 'Zugestellt',
      seen: 'Gesehen',
      failed: 'Nicht gesendet',
    },
  },
};
