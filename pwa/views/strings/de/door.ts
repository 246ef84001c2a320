import { counted } from '../../strings.ts';
import type { Catalogue } from '../catalogue.ts';

export const door: Catalogue['words']['door'] = {
  tagline: 'Private Unterhaltungen, auch offline',
  logIn: 'Anmelden',
  register: 'Konto erstellen',
  choice: 'Anmelden oder ein Konto erstellen',
  username: 'Benutzername',
  usernameHint:
    '3 bis 32 Buchstaben, Ziffern, Punkte, Binde- oder Unterstriche; beginnt mit einem Buchstaben.',
  password: 'Passwort',
  passwordHint:
    'Mindestens 10 Zeichen, nicht leicht zu erraten. Ein paar Wörter, die nichts miteinander zu tun haben, sind gut.',
  easy: 'Leicht zu erraten',
  guessable: 'Das ist leicht zu erraten. Nimm lieber ein paar Wörter, die nichts miteinander zu tun haben.',
  showPassword: 'Passwort anzeigen',
  hidePassword: 'Passwort verbergen',
  strength: { 0: 'Zu kurz', 1: 'Könnte länger sein', 2: 'Gut', 3: 'Stark' },
  promise:
    'Ende-zu-Ende-verschlüsselt. Deine Nachrichten sind auf diesem Gerät verschlossen, und nur du und dein Gegenüber könnt sie öffnen.',
  noReset:
    'Niemand kann dieses Passwort für dich zurücksetzen. Gleich bekommst du einen Wiederherstellungscode für den Tag, an dem du es vergisst.',
  forgot: 'Passwort vergessen?',
  stage: {
    deriving: 'Aus deinem Passwort werden Schlüssel …',
    contacting: 'Der Server wird gefragt …',
    opening: 'Deine Schlüssel werden entsperrt …',
    storing: 'Sie werden auf diesem Gerät gespeichert …',
  },
  stageShort: {
    deriving: 'Schlüssel',
    contacting: 'Server',
    opening: 'Entsperren',
    storing: 'Speichern',
  },

  recover: {
    title: 'Wieder hineinkommen',
    body: 'Dein Wiederherstellungscode öffnet deine Schlüssel noch einmal. Er gilt ein einziges Mal; danach bekommst du einen neuen, und deine anderen Geräte werden abgemeldet.',
    code: 'Wiederherstellungscode',
    codeHint: 'Striche, Leerzeichen und Kleinbuchstaben spielen keine Rolle.',
    password: 'Neues Passwort',
    submit: 'Neues Passwort setzen',
    wrong: 'Der Benutzername oder der Wiederherstellungscode ist falsch. Ein Code gilt nur einmal.',
    back: 'Zurück zur Anmeldung',
    none: 'Ohne das Passwort und den Code kann niemand deine Nachrichten öffnen, auch nicht der Betreiber dieses Servers.',
  },

  code: {
    title: 'Dein Wieder\u00adherstellungs\u00adcode',
    body: 'Er ist der einzige Weg zurück, wenn du dein Passwort vergisst. Er wird nur einmal gezeigt: jetzt. Bewahre ihn bei deinen wichtigen Papieren auf.',
    unsure:
      'Der Server hat ihn noch nicht bestätigt. Schreib ihn trotzdem auf: Er gilt, sobald der Schritt gelungen ist. Wenn du nie erfährst, ob das der Fall ist, erstelle in den Einstellungen einen neuen Code.',
    label: 'Wiederherstellungscode',
    copy: 'Kopieren',
    copied: 'Kopiert',
    notCopied: 'Der Browser hat das Kopieren nicht erlaubt. Markiere den Text und kopiere ihn.',
    download: 'Speichern',
    fileName: (name) => `nexchat-wiederherstellungscode-${name}.txt`,
    file: (name, code, date) =>
      `NexChat-Wiederherstellungscode von ${name}\n\n${code}\n\nErstellt am ${date}. Er gilt ein einziges Mal: Wähle beim Anmelden in NexChat „Passwort vergessen?“.\nWer diesen Code hat, kann das Konto übernehmen. Bewahre ihn dort auf, wo ihn sonst niemand findet.\n`,
    next: 'Ich habe ihn aufgeschrieben',
    skip: 'Ohne ihn weitermachen',
    checkTitle: 'Sicher ist sicher',
    check: (position) => `Tippe die ${position}. Vierergruppe des Codes.`,
    group: (position) => `${position}. Vierergruppe`,
    wrong: 'Das steht nicht in dieser Gruppe. Sieh noch einmal nach.',
    show: 'Den Code noch einmal zeigen',
    confirm: 'Bestätigen',
    skipTitle: 'Ohne Wieder\u00adherstellungs\u00adcode weitermachen?',
    skipBody:
      'Wenn du dein Passwort vergisst, sind alle deine Nachrichten und dein Konto endgültig verloren. Niemand kann sie zurückholen. Du kannst später in den Einstellungen einen neuen Code erstellen.',
    skipConfirm: 'Ohne ihn weitermachen',
  },

  lock: {
    title: 'NexChat ist gesperrt',
    body: 'Deine Nachrichten auf diesem Gerät sind versiegelt, bis du sie entsperrst.',
    passphrase: 'Passphrase',
    unlock: 'Entsperren',
    unlocking: 'Wird entsperrt …',
    key: 'Mit Fingerabdruck, Gesicht oder PIN',
    wrong: 'Diese Passphrase stimmt nicht.',
    wait: (seconds) =>
      seconds < 60
        ? `Zu viele Versuche. Versuch es in ${counted(seconds, 'Sekunde', 'Sekunden')} noch einmal.`
        : `Zu viele Versuche. Versuch es in ${counted(Math.ceil(seconds / 60), 'Minute', 'Minuten')} noch einmal.`,
    wipe: 'Daten auf diesem Gerät löschen',
    wipeTitle: 'NexChat von diesem Gerät löschen?',
    wipeBody:
      'Nachrichten, Schlüssel und Einstellungen auf diesem Gerät werden sofort vernichtet, auch was noch nicht gesendet wurde. Dein Konto bleibt: Du kannst dich mit deinem Passwort wieder anmelden.',
    wipeConfirm: 'Alles löschen',
  },

  again: {
    title: 'Willkommen zurück',
    body: (name) =>
      `Gib das Passwort von ${name} ein, um wieder zu senden und zu empfangen. Auf diesem Gerät geht nichts verloren.`,
    submit: 'Anmelden',
    wrong: 'Das Passwort ist falsch.',
  },

  unusable: {
    insecureTitle: 'Diese Adresse ist nicht sicher',
    insecure:
      'Browser erlauben Verschlüsselung nur auf Seiten, die über https oder von genau diesem Computer kommen. Öffne NexChat unter einer https-Adresse oder unter localhost.',
    storageTitle: 'Kein Platz für deine Nachrichten',
    storage:
      'Dieser Browser gibt der App keinen Speicher, wie oft in privaten Fenstern. Öffne NexChat in einem normalen Fenster und versuch es noch einmal.',
  },
};
