import type { Actions } from '../../controllers/actions.ts';
import { words } from '../strings.ts';

type Reason = Parameters<Actions['report']>[0]['reason'];

/** The words of safety numbers, blocking and reporting. */
export const sayTrust = words('trust', {
  safety: 'Safety number',
  block: 'Block',
  unblock: 'Unblock',
  report: 'Report',

  state: {
    verified: 'Verified',
    unverified: 'Not verified yet',
    changed: 'New identity',
    'changed-verified': 'New identity, not verified',
  },
  help: {
    verified: (name: string) =>
      `You made sure that this is ${name}. If their identity ever changes, nothing is sent until you verify again.`,
    unverified: (name: string) =>
      `Compare this number with the one on the screen of ${name}, in person or on a call. If they are the same, nobody is listening in.`,
    changed: (name: string) =>
      `${name} has another identity than before. Compare the number to be sure that it is really them.`,
    'changed-verified': (name: string) =>
      `You had verified ${name}, and now their identity is another one. Compare the number before you write again.`,
  },
  loading: 'Working out the number…',
  unknownTitle: 'No number yet',
  unknown: (name: string) => `The number is shown here once the keys of ${name} have arrived.`,
  qr: (name: string) => `QR code of your safety number with ${name}`,
  groups: 'The safety number, in twelve groups of five digits',
  copy: 'Copy code',
  copied: 'Code copied',
  notCopied: 'The browser did not let it be copied. Select the text and copy it.',
  scan: 'Scan their code',
  paste: 'Paste a code',
  mark: 'Mark as verified',
  marked: (name: string) => `${name} is verified`,
  unmark: 'Remove verification',
  match: (name: string) => `The codes are the same. ${name} is verified.`,
  mismatchTitle: 'The codes are different',
  mismatch: (name: string) =>
    `This is not the code that belongs to you and ${name}. Check that this is the right person’s code. If so, somebody may be listening in: send nothing private here.`,
  own: 'This is your own code. Only the one on your friend’s screen shows who they are.',
  unreadable: 'That is neither a safety code of NexChat nor the sixty digits of a safety number.',
  digits: (name: string) =>
    `These are the same digits as yours. If they come from the screen of ${name}, mark them as verified.`,

  scanner: {
    label: 'Scan their code',
    starting: 'Starting the camera…',
    scanning: (name: string) => `Hold the code on the screen of ${name} into the frame.`,
    none: 'No camera was found on this device. Paste the code instead.',
    refused: 'NexChat may not use the camera. Allow it in the settings of your browser, or paste the code.',
    failed: 'The camera could not be started. Another program may be using it.',
    stop: 'Stop',
  },

  paster: {
    label: (name: string) => `Code of ${name}`,
    hint: 'Your friend finds it under “Copy code” on this same screen; the sixty digits will do, too. Have it sent to you by another way than NexChat.',
    compare: 'Compare',
  },

  fingerprints: {
    title: 'Key fingerprints',
    theirs: (name: string) => `Key of ${name}`,
    yours: 'Your key',
  },

  blocking: {
    title: (name: string) => `Block ${name}?`,
    body: 'Their messages and requests don’t reach you any more, and a friendship between you ends. They are not told that you blocked them.',
    confirm: 'Block',
  },

  reporting: {
    title: (name: string) => `Report ${name}`,
    body: 'The operator of this server gets what you write here. Nobody can read your conversation, so say what happened.',
    reason: 'What is it about?',
    reasons: {
      spam: 'Spam or advertising',
      harassment: 'Harassment or threats',
      impersonation: 'Pretends to be somebody else',
      other: 'Something else',
    } satisfies Record<Reason, string>,
    note: 'What happened (optional)',
    alsoBlock: (name: string) => `Also block ${name}`,
    send: 'Send report',
    sending: 'Sending…',
    sentTitle: 'Thank you',
    sent: 'Your report is with the operator of this server.',
    queuedTitle: 'Your report waits',
    queued: 'It is kept on this device, and sent as soon as the server can be reached.',
  },
});
