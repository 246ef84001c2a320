import type { ErrorCode } from '#shared/errors.ts';

/** The sentences of shared/errors.ts. */
export const errors: Record<ErrorCode, string> = {
  BAD_JSON: 'Die Anfrage ist kein gültiges JSON.',
  BAD_FRAME: 'Die Nachricht war nicht lesbar. Aktualisiere die App und versuch es noch einmal.',
  FRAME_TOO_LARGE: 'Das ist zu groß zum Senden. Kürze es und versuch es noch einmal.',
  UNKNOWN_TYPE: 'Der Server kennt diese Art von Nachricht nicht. Aktualisiere die App.',
  BAD_FIELD: 'Eine Angabe fehlt oder hat die falsche Form.',
  UNSUPPORTED_VERSION:
    'Diese Version von NexChat ist zu alt für den Server. Lade die Seite neu; ungesendete Nachrichten bleiben erhalten.',
  NOT_FOUND: 'Unter dieser Adresse gibt es nichts.',
  METHOD_NOT_ALLOWED: 'Diese Adresse lässt die Methode nicht zu.',
  UNAUTHENTICATED: 'Melde dich zuerst an.',
  TOKEN_INVALID: 'Die Anmeldung ist ungültig. Melde dich noch einmal an.',
  TOKEN_EXPIRED: 'Die Anmeldung ist abgelaufen. Sie wird von selbst erneuert; versuch es noch einmal.',
  SESSION_ENDED: 'Du wurdest auf diesem Gerät abgemeldet. Melde dich wieder an.',
  ORIGIN_REFUSED: 'Diese Seite darf den Server nicht benutzen.',
  BAD_CREDENTIALS: 'Der Benutzername oder das Passwort ist falsch.',
  RATE_LIMITED: 'Zu viele Versuche. Warte ein wenig und versuch es noch einmal.',
  USERNAME_TAKEN: 'Dieser Benutzername ist vergeben. Wähle einen anderen.',
  USERNAME_INVALID:
    'Ein Benutzername hat 3 bis 32 Buchstaben a–z, Ziffern, Punkte, Binde- oder Unterstriche und beginnt mit einem Buchstaben.',
  USER_ID_TAKEN: 'Die Registrierung ist mit einem anderen Konto kollidiert. Versuch es noch einmal.',
  PASSWORD_WEAK: 'Wähle ein Passwort mit mindestens 10 Zeichen.',
  BUNDLE_INVALID: 'Die Schlüssel des Kontos sind beschädigt. Versuch es noch einmal.',
  KDF_REFUSED:
    'Der Server verlangte unsichere Passworteinstellungen. Die Anmeldung wurde abgebrochen, um dein Passwort zu schützen.',
  KEYRING_DAMAGED:
    'Deine gespeicherten Schlüssel konnten nicht geöffnet werden. Versuch es noch einmal oder frag den Betreiber dieses Servers.',
  CONFLICT: 'Ein anderes deiner Geräte war schneller. Versuch es noch einmal.',
  ACCOUNT_SUSPENDED: 'Der Betreiber dieses Servers hat dieses Konto gesperrt.',
  RECOVERY_INVALID: 'Das ist kein Wiederherstellungscode. Prüfe jede Gruppe auf Tippfehler.',
  KEYRING_OLD:
    'Der Server hat eine ältere Kopie deiner Schlüssel herausgegeben, als dieses Gerät kennt. Nichts wurde geändert.',
  LOCK_UNAVAILABLE:
    'Dieses Gerät wurde mit einer früheren Version eingerichtet. Melde dich einmal ab und wieder an, dann lässt es sich sperren.',
  LOCK_KEY_FAILED: 'Das hat nicht funktioniert. Die Passphrase funktioniert wie bisher.',
  ACCOUNT_GONE: 'Dieses Konto wurde gelöscht.',
  UNKNOWN_USER: 'Diese Person gibt es hier nicht.',
  SELF_TARGET: 'Das geht nicht mit dir selbst.',
  NOT_FRIENDS: 'Ihr seid nicht befreundet, deshalb wurde das nicht gesendet.',
  ALREADY_FRIENDS: 'Ihr seid schon befreundet.',
  NO_REQUEST: 'Es gibt keine offene Freundschaftsanfrage mehr.',
  REQUEST_LIMIT: 'Zu viele offene Freundschaftsanfragen. Warte, bis einige beantwortet sind.',
  BLOCKED: 'Du hast diese Person blockiert. Hebe die Blockierung zuerst auf.',
  STALE_KEY:
    'Die Schlüssel deines Gegenübers haben sich geändert. Die Nachricht wird neu versiegelt, bevor sie gesendet wird.',
  KEY_CHANGED: 'Die Identität deines Gegenübers hat sich geändert. Frag nach, bevor du sendest.',
  ID_REUSED: 'Diese Nachricht wurde schon mit anderem Inhalt gesendet.',
  DEVICE_CLONED:
    'Diese Installation wurde kopiert. Sie läuft unter einem eigenen Namen weiter; nichts geht verloren.',
  DEPENDENCY_FAILED: 'Das wurde nicht gesendet, weil etwas davor fehlgeschlagen ist.',
  CALL_UNKNOWN: 'Diesen Anruf gibt es nicht.',
  CALL_OVER: 'Dieser Anruf ist beendet.',
  CALL_TAKEN: 'Der Anruf wurde auf einem anderen Gerät angenommen.',
  IN_CALL: 'Du bist schon in einem Anruf. Beende ihn zuerst.',
  CALL_OFFLINE:
    'Anrufe brauchen eine bestehende Verbindung zum Server. Prüfe dein Netz und versuch es noch einmal.',
  CALL_UNCONNECTED: 'Die beiden Netze lassen keine direkte Verbindung durch.',
  CALL_NO_WAY:
    'Es fand sich keine Verbindung, auch nicht über das Relay. Prüfe dein Netz und versuch es noch einmal.',
  CALL_NO_RELAY:
    'Anrufe sind so eingestellt, dass sie nur über ein Relay gehen, und dieser Server hat keines. Ändere das in den Einstellungen.',
  CALL_UNSUPPORTED: 'Dieser Browser kann nicht telefonieren.',
  CALL_NO_CODEC:
    'Die beiden Browser haben keine gemeinsame Sprache für Ton und Bild. Aktualisiere sie und versuch es noch einmal.',
  CALL_TAMPERED: 'Was zu diesem Anruf ankam, war nicht von deinem Gegenüber. Er wurde deshalb beendet.',
  MEDIA_DENIED:
    'Der Browser lässt die App Mikrofon oder Kamera nicht benutzen. Erlaube es in den Einstellungen der Website.',
  MEDIA_MISSING:
    'Es wurde kein Mikrofon oder keine Kamera gefunden. Schließ eines an und versuch es noch einmal.',
  MEDIA_BUSY:
    'Mikrofon oder Kamera wird von einem anderen Programm benutzt. Schließ es und versuch es noch einmal.',
  ENVELOPE_INVALID: 'Die versiegelte Nachricht ist beschädigt. Sende sie noch einmal.',
  ENVELOPE_MISMATCH:
    'Die versiegelte Nachricht gehört nicht dorthin, wo sie ankam, und wurde deshalb nicht geöffnet.',
  SUITE_REFUSED:
    'Diese Nachricht ist schwächer versiegelt, als es die App deines Gegenübers kann. Sie wurde nicht geöffnet.',
  KEY_UNKNOWN: 'Diese Nachricht wurde mit Schlüsseln versiegelt, die hier noch nicht bekannt sind.',
  UNREADABLE: 'Diese Nachricht konnte nicht entschlüsselt werden.',
  OFFLINE: 'Es gibt keine Verbindung zum Server. Prüfe dein Netz und versuch es noch einmal.',
  STORAGE_FULL: 'Der Speicher ist voll. Schaffe etwas Platz und versuch es noch einmal.',
  STORAGE_UNAVAILABLE:
    'Dieser Browser gibt der App keinen Speicher. Verlass das private Surfen und versuch es noch einmal.',
  STORAGE_EVICTED:
    'Dein Browser hat gelöscht, was NexChat auf diesem Gerät aufbewahrt hat, um Platz zu sparen. Melde dich wieder an, um deine Nachrichten zurückzubekommen; was noch nicht gesendet war, ist verloren.',
  LEADERSHIP_LOST: 'Inzwischen spricht ein anderer Tab mit dem Server.',
  UNAVAILABLE:
    'Der Server ist ausgelastet oder wird gerade beendet. Die App versucht es von selbst noch einmal.',
  INTERNAL: 'Auf dem Server ist etwas schiefgegangen. Versuch es später noch einmal.',
};
