import type { Catalogue } from '../catalogue.ts';

export const hints: Catalogue['words']['hints'] = {
  label: 'Gut zu wissen',
  done: 'Verstanden',
  hints: {
    offline: {
      title: 'Es geht auch offline',
      text: 'Lies und schreib ohne Netz. Was du schreibst, geht hinaus, sobald es eines gibt.',
    },
    notices: {
      title: 'Von neuen Nachrichten hören',
      text: 'Eine Mitteilung kann dir davon erzählen, auch wenn NexChat geschlossen ist.',
    },
    install: {
      title: 'NexChat immer zur Hand',
      text: 'Installiert öffnet es sich in einem eigenen Fenster, und dein Browser behält deine Nachrichten.',
    },
    safety: {
      title: 'Wissen, mit wem du sprichst',
      text: 'Vergleiche die Sicherheitsnummer einmal mit deinem Gegenüber: Sie steht im Menü der Unterhaltung.',
    },
  },
  turnOn: 'Einschalten',
  notNow: 'Nicht jetzt',
  install: 'Installieren',
  byHand: 'Im Menü des Browsers: Teilen, dann „Zum Home-Bildschirm“.',
  code: {
    title: 'Heb deinen Wieder\u00adherstellungs\u00adcode auf',
    text: 'Noch ist keine Abschrift bestätigt. Ohne sie ist mit einem vergessenen Passwort alles verloren.',
    act: 'Neuer Code',
  },
  share: {
    title: 'Wohin damit?',
    text: 'Wähle eine Unterhaltung. Vor dem Senden kannst du es noch ändern.',
    cancel: 'Verwerfen',
  },
};
