import type { Catalogue } from '../catalogue.ts';

export const trust: Catalogue['words']['trust'] = {
  safety: 'Sicherheitsnummer',
  block: 'Blockieren',
  unblock: 'Nicht mehr blockieren',
  report: 'Melden',

  state: {
    verified: 'Verifiziert',
    unverified: 'Noch nicht verifiziert',
    changed: 'Neue Identität',
    'changed-verified': 'Neue Identität, nicht verifiziert',
  },
  help: {
    verified: (name) =>
      `Du hast sichergestellt, dass das ${name} ist. Sollte sich die Identität je ändern, wird nichts gesendet, bis du sie wieder verifizierst.`,
    unverified: (name) =>
      `Vergleiche diese Nummer mit der auf dem Bildschirm von ${name}, am besten persönlich oder am Telefon. Sind sie gleich, hört niemand mit.`,
    changed: (name) =>
      `${name} hat eine andere Identität als zuvor. Vergleiche die Nummer, um sicher zu sein, dass wirklich niemand anderes dahintersteckt.`,
    'changed-verified': (name) =>
      `Du hattest ${name} verifiziert, und nun ist die Identität eine andere. Vergleiche die Nummer, bevor du wieder schreibst.`,
  },
  loading: 'Die Nummer wird berechnet …',
  unknownTitle: 'Noch keine Nummer',
  unknown: (name) => `Die Nummer erscheint hier, sobald die Schlüssel von ${name} angekommen sind.`,
  qr: (name) => `QR-Code deiner Sicherheitsnummer mit ${name}`,
  groups: 'Die Sicherheitsnummer in zwölf Gruppen von fünf Ziffern',
  copy: 'Code kopieren',
  copied: 'Code kopiert',
  notCopied: 'Der Browser hat das Kopieren nicht erlaubt. Markiere den Text und kopiere ihn.',
  scan: 'Code scannen',
  paste: 'Code einfügen',
  mark: 'Als verifiziert markieren',
  marked: (name) => `${name} ist verifiziert`,
  unmark: 'Verifizierung entfernen',
  match: (name) => `Die Codes sind gleich. ${name} ist verifiziert.`,
  mismatchTitle: 'Die Codes sind verschieden',
  mismatch: (name) =>
    `Das ist nicht der Code, der zu dir und ${name} gehört. Prüfe, ob es der Code der richtigen Person ist. Wenn ja, hört vielleicht jemand mit: Sende hier nichts Privates.`,
  own: 'Das ist dein eigener Code. Nur der auf dem Bildschirm deines Gegenübers zeigt, wer es ist.',
  unreadable:
    'Das ist weder ein Sicherheitscode von NexChat noch sind es die sechzig Ziffern einer Sicherheitsnummer.',
  digits: (name) =>
    `Das sind dieselben Ziffern wie deine. Stammen sie vom Bildschirm von ${name}, markiere sie als verifiziert.`,

  scanner: {
    label: 'Code scannen',
    starting: 'Die Kamera wird gestartet …',
    scanning: (name) => `Halte den Code auf dem Bildschirm von ${name} in den Rahmen.`,
    none: 'Auf diesem Gerät wurde keine Kamera gefunden. Füge den Code stattdessen ein.',
    refused:
      'NexChat darf die Kamera nicht benutzen. Erlaube es in den Einstellungen deines Browsers oder füge den Code ein.',
    failed: 'Die Kamera ließ sich nicht starten. Vielleicht benutzt sie gerade ein anderes Programm.',
    stop: 'Stopp',
  },

  paster: {
    label: (name) => `Code von ${name}`,
    hint: 'Er findet sich unter „Code kopieren“ auf ebendiesem Bildschirm; die sechzig Ziffern gehen auch. Lass ihn dir auf einem anderen Weg als über NexChat schicken.',
    compare: 'Vergleichen',
  },

  fingerprints: {
    title: 'Fingerabdrücke der Schlüssel',
    theirs: (name) => `Schlüssel von ${name}`,
    yours: 'Dein Schlüssel',
  },

  blocking: {
    title: (name) => `${name} blockieren?`,
    body: 'Nachrichten und Anfragen dieser Person erreichen dich nicht mehr, und eine Freundschaft zwischen euch endet. Sie erfährt nicht, dass du sie blockiert hast.',
    confirm: 'Blockieren',
  },

  reporting: {
    title: (name) => `${name} melden`,
    body: 'Der Betreiber dieses Servers bekommt, was du hier schreibst. Eure Unterhaltung kann niemand lesen, also beschreibe, was passiert ist.',
    reason: 'Worum geht es?',
    reasons: {
      spam: 'Spam oder Werbung',
      harassment: 'Belästigung oder Drohungen',
      impersonation: 'Gibt sich als jemand anderes aus',
      other: 'Etwas anderes',
    },
    note: 'Was ist passiert? (freiwillig)',
    alsoBlock: (name) => `${name} auch blockieren`,
    send: 'Meldung senden',
    sending: 'Wird gesendet …',
    sentTitle: 'Danke',
    sent: 'Deine Meldung ist beim Betreiber dieses Servers.',
    queuedTitle: 'Deine Meldung wartet',
    queued: 'Sie liegt auf diesem Gerät und wird gesendet, sobald der Server erreichbar ist.',
  },
};
