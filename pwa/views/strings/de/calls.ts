import { isMissed } from '../../../models/is-missed.ts';
import { numbers } from '../../strings.ts';
import { duration } from '../calls.ts';
import type { Catalogue } from '../catalogue.ts';

const KINDS = { voice: 'Anruf', video: 'Videoanruf' };

export const calls: Catalogue['words']['calls'] = {
  title: 'Anrufe',
  label: 'Anrufliste',
  open: 'Unterhaltung öffnen',
  loading: 'Die Anrufe werden geladen',
  emptyTitle: 'Noch keine Anrufe',
  empty: 'Öffne die Unterhaltung mit jemandem, mit dem du befreundet bist, und drück auf Hörer oder Kamera.',
  more: 'Frühere Anrufe zeigen',

  outcome(call) {
    if (isMissed(call)) return null;
    switch (call.status) {
      case 'ringing':
        return 'Es klingelt …';
      case 'in_progress':
        return 'Läuft gerade';
      case 'completed':
        return duration(call.duration);
      case 'missed':
        return 'Keine Antwort';
      case 'declined':
        return 'Abgelehnt';
      case 'busy':
        return 'Besetzt';
      case 'failed':
        return 'Nicht verbunden';
    }
  },
  callBack: (name, media) => `${KINDS[media]} mit ${name}`,
  again: 'Erneut anrufen',
  back: 'Zurückrufen',

  why: {
    inCall: 'Du bist schon in einem Anruf.',
    elsewhere: 'Du bist schon in einem Anruf, in einem anderen Tab oder auf einem anderen Gerät.',
    blocked: (name) => `Du hast ${name} blockiert.`,
    closed: (name) => `Du kannst ${name} anrufen, sobald ihr befreundet seid.`,
    changed: (name) => `${name} hat eine neue Identität. Prüfe sie, bevor du anrufst.`,
    offline: 'Anrufe brauchen eine Verbindung zum Server.',
  },

  incoming: {
    voice: 'Eingehender Anruf',
    video: 'Eingehender Videoanruf',
    said: (name, media) => `${name} ruft an. ${KINDS[media]}.`,
    answer: 'Annehmen',
    withCamera: 'Mit Kamera',
    withoutCamera: 'Ohne Kamera',
    decline: 'Ablehnen',
    second: 'Wenn du annimmst, endet der Anruf, in dem du bist.',
  },

  with: (name) => `Anruf mit ${name}`,
  calling: (name) => `${name} wird angerufen …`,
  phase: {
    preview: (name) => `Videoanruf mit ${name}`,
    starting: () => 'Wird angerufen …',
    ringing: () => 'Wird angerufen …',
    connecting: () => 'Verbinden …',
    live: () => 'Verbunden',
    reconnecting: () => 'Die Verbindung ist abgerissen. Eine neue wird gesucht …',
    ended: () => 'Der Anruf ist beendet',
  },
  reconnecting: 'Neu verbinden …',
  ending: {
    'hung-up': () => 'Der Anruf ist beendet',
    declined: (name) => `${name} hat abgelehnt`,
    busy: (name) => `${name} ist in einem anderen Anruf`,
    'no-answer': (name) => `${name} hat nicht geantwortet`,
    failed: () => 'Der Anruf hat nicht funktioniert',
    elsewhere: () => 'Der Anruf geht anderswo weiter',
    'called-off': () => 'Der Anruf wurde abgebrochen',
  },
  cutOff: 'Die Verbindung ist abgerissen',
  goesOn: 'Er wurde auf einem anderen Gerät oder in einem anderen Tab von dir angenommen.',
  missedYou: 'Dort ist zu sehen, dass du angerufen hast.',

  quality: { good: 'Gute Verbindung', fair: 'Mäßige Verbindung', poor: 'Schlechte Verbindung' },
  relayed: 'Über das Relay',
  theyAreMuted: (name) => `${name} hat das Mikrofon aus`,
  theirScreen: (name) => `${name} teilt einen Bildschirm`,
  myScreen: 'Du teilst deinen Bildschirm',
  poppedOut: 'Das Bild ist in einem eigenen Fenster.',

  emoji: {
    label: (emoji) => `Vergleicht diese vier: ${emoji}`,
    title: 'Lest sie einander vor',
    changed: 'Die Bilder sind seit der Unterbrechung des Anrufs andere: Vergleicht sie noch einmal.',
    body: (name) =>
      `Wenn ${name} dieselben vier Bilder in derselben Reihenfolge sieht, sitzt niemand zwischen euch und hört mit.`,
  },

  preview: {
    title: (name) => `Bereit, ${name} anzurufen?`,
    start: 'Anrufen',
    off: 'Deine Kamera ist aus',
    waiting: 'Die Kamera wird gestartet …',
  },

  controls: 'Steuerung des Anrufs',
  mute: 'Mikrofon stumm schalten',
  unmute: 'Mikrofon einschalten',
  cameraOn: 'Kamera einschalten',
  cameraOff: 'Kamera ausschalten',
  flip: 'Andere Kamera benutzen',
  share: 'Bildschirm teilen',
  unshare: 'Bildschirm nicht mehr teilen',
  devices: 'Mikrofon, Kamera, Lautsprecher',
  popOut: 'Bild in einem eigenen Fenster zeigen',
  minimise: 'Zurück zu den Nachrichten',
  minimiseNew: (count, name) => `Zurück zu den Nachrichten: ${numbers.format(count)} neue von ${name}`,
  maximise: 'Zurück zum Anruf',
  end: 'Auflegen',
  callOff: 'Anruf abbrechen',
  ownPicture: 'Dein Bild: in die nächste Ecke schieben',

  elsewhere: {
    tab: (name) => `In einem anderen Tab im Anruf mit ${name}`,
    device: (name) => `Auf einem anderen Gerät im Anruf mit ${name}`,
  },

  device: { microphone: 'Mikrofon', camera: 'Kamera', speaker: 'Lautsprecher' },
  defaultDevice: 'Standard des Systems',

  settings: {
    devicesTitle: 'Mikrofon, Kamera und Lautsprecher',
    devicesHelp: 'Wird auf diesem Gerät gemerkt und lässt sich auch während eines Anrufs wechseln.',
    test: 'Ausprobieren',
    stop: 'Probe beenden',
    speak: 'Sag etwas: Der Balken sollte sich bewegen. Nichts wird gesendet oder aufbewahrt.',
    noCamera: 'Bei dieser Probe wird keine Kamera benutzt.',
    noticesTitle: 'Wenn die App nicht zu sehen ist',
    noticesHelp: 'Eine Mitteilung sagt dir, dass jemand anruft, wenn Mitteilungen eingeschaltet sind.',
    notices: 'Zu den Mitteilungen',
    privacyTitle: 'Deine Netzadresse',
    relayOnly: 'Nur über das Relay',
    relayHelp:
      'Ein Relay ist ein Server, der den versiegelten Anruf weiterreicht, damit dein Gegenüber deine Netzadresse nicht erfährt. Anrufe brauchen so etwas länger.',
    hasRelay: 'Dieser Server hat ein Relay.',
    noRelay: 'Dieser Server hat kein Relay, so käme kein Anruf zustande.',
    noRelayOn: 'Dieser Server hat kein Relay: Solange das an ist, kommt kein Anruf zustande.',
    unknownRelay: 'Ob dieser Server ein Relay hat, zeigt sich, sobald du verbunden bist.',
  },
};
