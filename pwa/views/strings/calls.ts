import type { CallEnding, CallPhase, DeviceKind, Quality } from '../../models/calls.ts';
import type { TimelineCall } from '../../models/timeline.ts';
import { isMissed } from '../../models/is-missed.ts';
import { counted, words } from '../strings.ts';

type Media = TimelineCall['media'];
type Entry = Pick<TimelineCall, 'mine' | 'media' | 'status' | 'duration'>;

const KINDS: Record<Media, string> = { voice: 'Voice call', video: 'Video call' };

/** The words of calls. */
export const sayCalls = words('calls', {
  title: 'Calls',
  label: 'Call history',
  open: 'Open the conversation',
  loading: 'Loading the calls',
  emptyTitle: 'No calls yet',
  empty: 'Open a conversation with a friend and press the phone or the camera.',
  more: 'Show earlier calls',

  /** What came of it; null where that is said already. */
  outcome(call: Entry): string | null {
    if (isMissed(call)) return null;
    switch (call.status) {
      case 'ringing':
        return 'Ringing…';
      case 'in_progress':
        return 'In progress';
      case 'completed':
        return duration(call.duration);
      case 'missed':
        return 'No answer';
      case 'declined':
        return 'Declined';
      case 'busy':
        return 'Busy';
      case 'failed':
        return 'Not connected';
    }
  },
  callBack: (name: string, media: Media) => `${KINDS[media]} with ${name}`,
  again: 'Call again',
  back: 'Call back',

  why: {
    inCall: 'You are in a call already.',
    elsewhere: 'You are in a call already, in another tab or on another device.',
    blocked: (name: string) => `You blocked ${name}.`,
    closed: (name: string) => `You can call ${name} once you are friends.`,
    changed: (name: string) => `${name} has a new identity. Check it before you call.`,
    offline: 'Calls need a connection to the server.',
  },

  incoming: {
    voice: 'Incoming voice call',
    video: 'Incoming video call',
    said: (name: string, media: Media) => `${name} is calling. ${KINDS[media]}.`,
    answer: 'Answer',
    withCamera: 'With camera',
    withoutCamera: 'Without camera',
    decline: 'Decline',
    second: 'Answering ends the call that you are in.',
  },

  with: (name: string) => `Call with ${name}`,
  /** For whoever does not see the name above the phase. */
  calling: (name: string) => `Calling ${name}…`,
  phase: {
    preview: (name) => `Video call with ${name}`,
    starting: () => 'Calling…',
    ringing: () => 'Calling…',
    connecting: () => 'Connecting…',
    live: () => 'Connected',
    reconnecting: () => 'The connection was lost. Looking for a new one…',
    ended: () => 'The call has ended',
  } satisfies Record<CallPhase, (name: string) => string>,
  /** Where there is little room. */
  reconnecting: 'Reconnecting…',
  ending: {
    'hung-up': () => 'The call has ended',
    declined: (name) => `${name} declined`,
    busy: (name) => `${name} is in another call`,
    'no-answer': (name) => `${name} did not answer`,
    failed: () => 'The call did not work',
    elsewhere: () => 'The call goes on elsewhere',
    'called-off': () => 'The call was cancelled',
  } satisfies Record<CallEnding, (name: string) => string>,
  /** Of one that had worked before. */
  cutOff: 'The connection was lost',
  goesOn: 'It was answered on another device or in another tab of yours.',
  missedYou: 'They see that you called.',

  quality: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Poor connection',
  } satisfies Record<Quality, string>,
  relayed: 'Through the relay',
  theyAreMuted: (name: string) => `${name} has the microphone off`,
  theirScreen: (name: string) => `${name} is sharing a screen`,
  myScreen: 'You are sharing your screen',
  poppedOut: 'The picture is in a window of its own.',

  emoji: {
    label: (emoji: string) => `Compare these four: ${emoji}`,
    title: 'Read these to each other',
    changed: 'These have changed since the call was interrupted: compare them again.',
    body: (name: string) =>
      `If ${name} sees the same four pictures in the same order, nobody sits between you and listens.`,
  },

  preview: {
    title: (name: string) => `Ready to call ${name}?`,
    start: 'Start the call',
    off: 'Your camera is off',
    waiting: 'The camera is being started…',
  },

  controls: 'Call controls',
  mute: 'Mute the microphone',
  unmute: 'Unmute the microphone',
  cameraOn: 'Turn the camera on',
  cameraOff: 'Turn the camera off',
  flip: 'Use the other camera',
  share: 'Share the screen',
  unshare: 'Stop sharing the screen',
  devices: 'Microphone, camera, speaker',
  popOut: 'Show the picture in its own window',
  minimise: 'Back to the messages',
  minimiseNew: (count: number, name: string) =>
    `Back to the messages: ${counted(count, 'new one', 'new ones')} from ${name}`,
  maximise: 'Back to the call',
  end: 'End the call',
  callOff: 'Cancel the call',
  ownPicture: 'Your picture: move it to the next corner',

  elsewhere: {
    tab: (name: string) => `In a call with ${name} in another tab`,
    device: (name: string) => `In a call with ${name} on another device`,
  },

  device: {
    microphone: 'Microphone',
    camera: 'Camera',
    speaker: 'Speaker',
  } satisfies Record<DeviceKind, string>,
  defaultDevice: 'System default',

  settings: {
    devicesTitle: 'Microphone, camera and speaker',
    devicesHelp: 'Remembered on this device. They can be switched during a call, too.',
    test: 'Test them',
    stop: 'End the test',
    speak: 'Say something: the bar should move. Nothing is sent or kept.',
    noCamera: 'No camera is used in this test.',
    noticesTitle: 'When the app is out of sight',
    noticesHelp: 'A notification tells you that somebody calls, if notifications are on.',
    notices: 'To the notifications',
    privacyTitle: 'Your network address',
    relayOnly: 'Only through the relay',
    relayHelp:
      'A relay is a server that passes the sealed call on, so that your friend does not learn your network address. Calls take a little longer that way.',
    hasRelay: 'This server has a relay.',
    noRelay: 'This server has no relay, so with this on no call could connect.',
    noRelayOn: 'This server has no relay: while this is on, no call can connect.',
    unknownRelay: 'Whether this server has a relay is known once you are connected.',
  },
});

/** `45 s`, `4 min 12 s`, `1 h 3 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `0:05`, `12:34`, `1:02:03`. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h === 0 ? `${m}:${two(s)}` : `${h}:${two(m)}:${two(s)}`;
}
