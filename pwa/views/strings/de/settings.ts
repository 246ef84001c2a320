import { counted, numbers } from '../../strings.ts';
import type { Catalogue } from '../catalogue.ts';

export const settings: Catalogue['words']['settings'] = {
  title: 'Einstellungen',
  general: 'Allgemein',
  sections: {
    devices: 'Geräte',
    password: 'Passwort',
    recovery: 'Wieder\u00adherstellungs\u00adcode',
    lock: 'App-Sperre',
    blocked: 'Blockierte Personen',
    notices: 'Mitteilungen',
    calls: 'Anrufe',
    data: 'Deine Daten',
    about: 'Über NexChat',
  },
  lines: {
    devices: 'Wo du angemeldet bist',
    password: 'Dein Passwort ändern',
    recovery: 'Der Weg zurück ohne Passwort',
    lock: 'Eine Passphrase für dieses Gerät',
    blocked: 'Wer dich nicht erreicht',
    notices: 'Von Nachrichten, Anfragen und Anrufen',
    calls: 'Mikrofon, Kamera, Relay',
    data: 'Exportieren und löschen',
    about: 'Version und Lizenz',
  },
  account: 'Konto',
  privacy: 'Privatsphäre',
  more: 'Mehr',

  link: {
    title: 'Dein Link',
    help: 'Andere hier finden dich damit und können dir eine Anfrage schicken.',
    copy: 'Meinen Link kopieren',
  },
  yourFingerprint: 'Fingerabdruck deines Schlüssels',
  fingerprintHelp:
    'Ein kurzer Name deiner Identität. Wer mit dir befreundet ist, vergleicht ihn oder besser die Sicherheitsnummer aus dem Menü eurer Unterhaltung.',
  appearance: 'Erscheinungsbild',
  theme: 'Farben',
  language: 'Sprache',
  themes: { system: 'System', light: 'Hell', dark: 'Dunkel' },
  looks: { calm: 'Weniger Bewegung', opaque: 'Weniger Transparenz', contrast: 'Mehr Kontrast' },
  looksLegend: 'Besser zu erkennen',
  looksHelp: 'Was in deinem System eingestellt ist, gilt in jedem Fall.',
  space: {
    title: 'Speicher',
    used: (used) => `NexChat belegt auf diesem Gerät etwa ${used}.`,
    usedOf: (used, quota) => `NexChat belegt etwa ${used} von den ${quota}, die dein Browser ihm gibt.`,
    messages: (size) => `Nachrichten und Schlüssel: ${size}.`,
    lasting: 'Dein Browser behält es, auch wenn der Platz knapp wird.',
    fleeting:
      'Wird der Platz knapp, kann dein Browser es löschen. Was beim Server ist, kommt zurück, wenn du dich wieder anmeldest.',
    keep: 'Behalten',
    refused: 'Dein Browser hat es nicht versprochen. Es hilft, NexChat zu installieren.',
  },
  device: 'Auf diesem Gerät',
  storage:
    'Alles, was du gesehen hast, bleibt hier, versiegelt mit einem Schlüssel, der diesen Browser nicht verlassen kann. Ungesendete Nachrichten bleiben, bis sie den Server erreichen.',
  install: 'NexChat installieren',
  installHelp: 'Dann öffnet es sich in einem eigenen Fenster und vom Startbildschirm aus.',
  installByHand: 'Im Menü des Browsers: „Teilen“, dann „Zum Home-Bildschirm“.',
  logOut: {
    act: 'Abmelden',
    help: 'Löscht Nachrichten und Schlüssel von diesem Gerät. Dein Konto bleibt.',
    title: 'Von diesem Gerät abmelden?',
    body: 'Nachrichten, Entwürfe und Schlüssel werden hier gelöscht. Was den Server erreicht hat, kommt wieder, wenn du dich anmeldest.',
    unsent: (count) =>
      `${counted(count, 'Nachricht wurde noch nicht gesendet und geht', 'Nachrichten wurden noch nicht gesendet und gehen')} verloren.`,
    confirm: 'Abmelden und löschen',
  },

  endsCall: (name) => `Das beendet deinen Anruf mit ${name}.`,

  working: 'Einen Moment …',
  save: 'Speichern',
  wrongPassword: 'Das Passwort ist falsch.',
  when: {
    today: (time) => `heute um ${time}`,
    yesterday: (time) => `gestern um ${time}`,
    on: (day) => `am ${day}`,
  },

  devices: {
    help: 'Jedes dieser Geräte kann deine Nachrichten lesen und schreiben. Melde ab, was du nicht kennst oder nicht mehr brauchst.',
    label: 'Angemeldete Geräte',
    loading: 'Der Server wird gefragt …',
    failed: 'Die Liste der Geräte braucht eine Verbindung.',
    current: 'Dieses Gerät',
    seen: (when) => `Zuletzt aktiv ${when}`,
    started: (when) => `Angemeldet ${when}`,
    rename: 'Umbenennen',
    renameName: (name) => `${name} umbenennen`,
    renameTitle: 'Dieses Gerät umbenennen',
    nameLabel: 'Name',
    end: 'Abmelden',
    endName: (name) => `${name} abmelden`,
    endTitle: (name) => `${name} abmelden?`,
    endBody: 'Das Gerät kann nichts Neues mehr lesen oder senden. Was es schon bekommen hat, bleibt darauf.',
    endConfirm: 'Abmelden',
    endOthers: 'Alle anderen abmelden',
    endOthersTitle: 'Alle anderen Geräte abmelden?',
    endOthersBody: (count) =>
      `${counted(count, 'Gerät wird', 'Geräte werden')} abgemeldet. Dieses hier bleibt.`,
    keys: 'Schlüssel',
    keysHelp:
      'Wenn du ein Gerät verloren hast oder jemand anderes eines benutzt hat, melde es ab und erneuere dann deine Schlüssel: Neue Nachrichten werden mit Schlüsseln versiegelt, die es nie hatte. Die anderen merken nichts davon, und deine Sicherheitsnummern bleiben gleich.',
    rotate: 'Schlüssel erneuern',
    rotated: 'Deine Schlüssel sind neu. Die anderen übernehmen sie von selbst.',
  },

  password: {
    help: 'Wenn du es änderst, werden deine anderen Geräte abgemeldet.',
    current: 'Jetziges Passwort',
    next: 'Neues Passwort',
    submit: 'Passwort ändern',
    done: 'Dein Passwort ist geändert. Deine anderen Geräte wurden abgemeldet.',
  },

  recovery: {
    help: 'Mit diesem Code kommst du wieder hinein, wenn du dein Passwort vergessen hast. Wer ihn hat, kann dein Konto übernehmen; bewahre ihn also getrennt von deinen Geräten auf.',
    made: (when) => `Dein jetziger Code ist vom ${when}.`,
    none: 'Du hast keinen Wiederherstellungscode. Wenn du dein Passwort vergisst, sind deine Nachrichten verloren.',
    unknown: 'Verbinde dich, um zu sehen, ob du einen Code hast.',
    unconfirmed:
      'Noch ist nicht bestätigt, dass du deinen Code aufgeschrieben hast. Hast du ihn nicht auf Papier, erstelle jetzt einen neuen.',
    title: 'Neuen Code erstellen',
    newHelp: 'Der neue Code wird nur einmal gezeigt.',
    replaceHelp: 'Dein jetziger Code gilt dann nicht mehr. Der neue wird nur einmal gezeigt.',
    submit: 'Neuen Code erstellen',
  },

  notices: {
    help: 'Erfahre von neuen Nachrichten, Freundschaftsanfragen und Anrufen, während du nicht auf NexChat schaust.',
    title: 'Auf diesem Gerät',
    on: 'Mitteilungen zeigen',
    missing: 'Dieser Browser kann keine Mitteilungen zeigen.',
    install:
      'Auf iPhone und iPad brauchen Mitteilungen NexChat auf dem Home-Bildschirm: im Menü des Browsers „Teilen“, dann „Zum Home-Bildschirm“. Öffne es von dort und komm hierher zurück.',
    refused:
      'Der Browser zeigt keine Mitteilungen von NexChat. Erlaube sie in seinen Einstellungen für diese Website, neben der Adresse, und komm hierher zurück.',
    waking: {
      unknown:
        'Der Server wurde noch nicht gefragt. Bis dahin kommen Mitteilungen, solange NexChat offen ist.',
      on: 'Sie kommen auch, wenn NexChat geschlossen ist.',
      'no-server': 'Dieser Server weckt keine Geräte, darum kommen sie nur, solange NexChat offen ist.',
      'no-browser':
        'Der Push-Dienst dieses Browsers ist nicht zu erreichen, darum kommen sie nur, solange NexChat offen ist.',
    },
    preview: 'Was sie zeigen',
    previews: {
      text: 'Wer schreibt, und was',
      name: 'Wer schreibt',
      nothing: 'Nur, dass es etwas Neues gibt',
    },
    locked:
      'Solange die App-Sperre an ist, sagen sie nur, dass es etwas Neues gibt: Man sieht sie auch ohne Passphrase.',
    privacyTitle: 'Was andere erfahren',
    privacy:
      'Was dieses Gerät weckt, sagt nur, dass es eine Nachricht, eine Anfrage oder einen Anruf gibt, versiegelt für dieses Gerät. Von wem und was, holt und öffnet NexChat hier. Der Push-Dienst des Herstellers deines Browsers reicht es weiter und erfährt, wann dieses Gerät geweckt wird.',
  },

  lock: {
    help: 'Wer NexChat auf diesem Gerät öffnet, muss zuerst die Passphrase eingeben. Bis dahin bleiben Nachrichten hier versiegelt, auch vor Programmen, die den Datenträger lesen.',
    off: 'Sperre einschalten',
    passphrase: 'Passphrase',
    repeat: 'Passphrase wiederholen',
    different: 'Die beiden Passphrasen sind verschieden.',
    warning:
      'Niemand kann sie zurücksetzen. Wenn du sie vergisst, lösche die Daten auf diesem Gerät und melde dich neu an.',
    after: 'Sperren nach',
    minutes: (count) => counted(count, 'Minute', 'Minuten'),
    enable: 'Sperre einschalten',
    on: 'Die Sperre ist an',
    now: 'Jetzt sperren',
    nowTitle: 'NexChat jetzt sperren?',
    keyHelp: 'Entsperre mit Fingerabdruck, Gesicht oder PIN dieses Geräts, statt zu tippen.',
    addKey: 'Hinzufügen',
    hasKey: 'Auch Fingerabdruck, Gesicht oder PIN dieses Geräts entsperren NexChat.',
    removeKey: 'Entfernen',
    keyRemoved: 'Jetzt entsperrt nur noch die Passphrase NexChat.',
    noKey: 'Dieser Browser kann nicht mit Fingerabdruck, Gesicht oder PIN entsperren.',
    disableTitle: 'Sperre ausschalten',
    disableHelp: 'NexChat öffnet sich dann auf diesem Gerät ohne Nachfrage.',
    disable: 'Ausschalten',
    done: (minutes) => `NexChat sperrt sich nach ${counted(minutes, 'Minute', 'Minuten')} von selbst.`,
    disabled: 'Die Sperre ist aus.',
  },

  blocked: {
    help: 'Ihre Nachrichten und Anfragen erreichen dich nicht, und sie erfahren nichts davon.',
    label: 'Blockierte Personen',
    emptyTitle: 'Du hast niemanden blockiert',
    empty: 'Du kannst jemanden über das Menü eurer Unterhaltung blockieren.',
  },

  data: {
    exportTitle: 'Deine Daten exportieren',
    exportHelp:
      'Nachrichten, Kontakte und Schlüssel in einer Datei, die nur eine Passphrase deiner Wahl öffnet. Wer beides hat, kann alles lesen.',
    passphrase: 'Passphrase für die Datei',
    export: 'Exportieren',
    exported: 'Die Datei ist fertig. Dein Browser speichert sie.',
    exportedPart: (count) =>
      `Die Datei ist fertig, aber ohne ${counted(count, 'ältere Nachricht', 'ältere Nachrichten')}, die dieses Gerät nicht holen konnte. Exportiere noch einmal, wenn du verbunden bist.`,
    fetching: (count) => `Ältere Nachrichten werden geholt: noch ${numbers.format(count)}`,
    openTitle: 'Exportierte Datei öffnen',
    openHelp: 'Um sie hier zu lesen. Nichts davon kommt in dein Konto.',
    file: 'Exportierte Datei',
    filePassphrase: 'Passphrase der Datei',
    noFile: 'Wähle zuerst eine Datei.',
    open: 'Öffnen',
    wrongPassphrase: 'Diese Passphrase öffnet die Datei nicht.',
    notExport: 'Das ist kein Export von NexChat, oder die Datei ist beschädigt.',
    deleteTitle: 'Dein Konto löschen',
    deleteHelp:
      'Deine Schlüssel, deine Freundschaften und alles auf diesem Gerät werden endgültig gelöscht. Deinen Namen kann nie wieder jemand annehmen. Die anderen behalten die Unterhaltungen, die sie mit dir hatten.',
    delete: 'Konto löschen …',
    deleteAsk: (name) => `${name} endgültig löschen?`,
    deleteBody:
      'Niemand kann das rückgängig machen. Exportiere vorher deine Daten, wenn du sie behalten willst.',
    typeName: (name) => `Tippe zur Bestätigung ${name}`,
    deleteConfirm: 'Endgültig löschen',
    wipeTitle: 'Daten auf diesem Gerät sofort löschen',
    wipeHelp: 'Für den Notfall: geht auch offline. Dein Konto und deine anderen Geräte bleiben.',
    wipe: 'Jetzt löschen …',
  },

  viewer: {
    title: (name) => `Export von ${name}`,
    made: (when) => `Erstellt am ${when}`,
    label: 'Unterhaltungen in der Datei',
    messages: (count) => counted(count, 'Nachricht', 'Nachrichten'),
    none: 'In dieser Datei sind keine Unterhaltungen.',
    close: 'Datei schließen',
    back: 'Alle Unterhaltungen',
    earlier: (count) => `${numbers.format(count)} frühere zeigen`,
    you: 'Du',
  },

  about: {
    text: 'NexChat lässt Unterhaltungen bei denen, die sie führen. Nachrichten werden in deinem Browser mit ECDH P-256 und AES-256-GCM verschlüsselt; der Server bewahrt versiegelte Umschläge auf und reicht sie weiter.',
    version: 'Version',
    licence: 'Lizenz',
    mit: 'MIT. Benutze, ändere und teile es frei.',
    parts: 'Die Lizenzen der enthaltenen Pakete liegen dem Quelltext in THIRD-PARTY-NOTICES bei.',
  },
};
