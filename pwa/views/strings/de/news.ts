import { counted } from '../../strings.ts';
import type { Catalogue } from '../catalogue.ts';

export const news: Catalogue['words']['news'] = {
  bug: 'In der App ist etwas schiefgegangen. Lade sie neu, wenn das noch einmal passiert.',
  withoutKeys: 'Exportiert. Deine Schlüssel sind nicht in der Datei, weil der Server nicht erreichbar war.',
  afterCall: 'Die Seite lädt neu, sobald der Anruf beendet ist.',
  dayMissing:
    'Nachrichten dieses Tages sind nicht auf diesem Gerät. Versuch es noch einmal, wenn du verbunden bist.',
  unplugged: {
    microphone: 'Das Mikrofon wurde getrennt. Jetzt wird das Standardmikrofon benutzt.',
    camera: 'Die Kamera wurde getrennt. Jetzt wird die Standardkamera benutzt.',
    speaker: 'Der Lautsprecher wurde getrennt. Jetzt wird der Standardlautsprecher benutzt.',
  },
  asks: (name) => `${name} möchte mit dir befreundet sein`,
  askMany: (count) => counted(count, 'neue Freundschaftsanfrage', 'neue Freundschaftsanfragen'),
  accepted: (name) => `${name} hat deine Freundschaftsanfrage angenommen`,
  acceptedMany: (count) =>
    counted(
      count,
      'Person hat deine Freundschaftsanfrage angenommen',
      'Personen haben deine Freundschaftsanfragen angenommen',
    ),
  befriended: (name) => `Du kannst ${name} jetzt schreiben`,
};
