import type { OpId } from '#shared/ids.ts';
import type { CallLogItem, CurrentCall } from '../models/calls.ts';
import type { Models } from '../models/models.ts';
import type { Route } from '../models/shell.ts';
import type { TimelineCall } from '../models/timeline.ts';
import { contacts, mira } from './fake-people.ts';
import { EVENING, MORNING, fakePicture, fakeScreen } from './fake-picture.ts';
import { inside } from './inside.ts';
import type { Prepare } from './inside.ts';

const talk: Route = { panel: 'chats', peer: mira };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const callId = (n: number) => `00000000-0000-7000-9000-${String(n).padStart(12, '0')}` as OpId;

/** A machine with everything plugged in. */
const equipped: Prepare = ({ calls }) => {
  calls.can.value = { call: true, flip: false, share: true, popOut: true, chooseSpeaker: true };
  calls.hasRelay.value = true;
  calls.choices.value = {
    microphone: [
      { id: 'built-in', label: 'Built-in microphone' },
      { id: 'headset', label: 'Headset of the kitchen table, which has a rather long name (Bluetooth)' },
    ],
    camera: [{ id: 'webcam', label: 'Built-in camera' }],
    speaker: [{ id: 'built-in', label: 'Built-in speakers' }],
  };
  calls.chosen.value = { microphone: 'built-in', camera: 'webcam', speaker: null };
};

const calling =
  (call: Partial<CurrentCall>, more: Prepare = () => {}): Prepare =>
  (models) => {
    equipped(models);
    models.calls.current.value = {
      peer: mira,
      name: 'mira.okafor',
      mine: true,
      media: 'voice',
      phase: 'live',
      since: null,
      ending: null,
      error: null,
      ...call,
    };
    models.calls.mine.value = { microphone: true, camera: call.media === 'video', screen: false };
    if (call.media === 'video') models.calls.myPicture.value = fakePicture(EVENING, 640, 480);
    more(models);
  };

/** Three minutes into it, with everything known about the connection. */
const live = (call: Partial<CurrentCall>, more: Prepare = () => {}): Prepare =>
  calling({ since: Date.now() - 3 * MINUTE - 7_000, ...call }, (models) => {
    const { calls } = models;
    calls.theirs.value = { microphone: true, camera: call.media === 'video', screen: false };
    if (call.media === 'video') calls.theirPicture.value = fakePicture(MORNING, 1280, 720);
    calls.quality.value = 'good';
    calls.emoji.value = ['🐙', '🚲', '🍋', '🎩'];
    more(models);
  });

/** They have written while we speak, and so has somebody else. */
const wrote: Prepare = ({ conversations }) => {
  conversations.rows.value = conversations.rows.value.map((row) =>
    row.peer === mira ? { ...row, unread: 2 } : row,
  );
};

const ended = (call: Partial<CurrentCall>) => inside(talk, calling({ phase: 'ended', ...call }));

const rings =
  (media: 'voice' | 'video', more: Prepare = () => {}): Prepare =>
  (models) => {
    equipped(models);
    const { id, name } = contact('jonas.weber');
    models.calls.incoming.value = { id: callId(1), peer: id, name, media };
    more(models);
  };

const contact = (name: string) => {
  const found = contacts.find((one) => one.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
};

const between = (now: number): readonly TimelineCall[] => {
  const call = (n: number, after: number, ago: number, more: Partial<TimelineCall>): TimelineCall => ({
    id: callId(n),
    mine: true,
    media: 'voice',
    status: 'completed',
    after,
    at: now - ago,
    duration: 0,
    ...more,
  });
  return [
    call(1, 48, 125 * MINUTE, { duration: 252_000 }),
    call(2, 50, 90 * MINUTE, { mine: false, media: 'video', duration: 3_780_000 }),
    call(3, 51, 50 * MINUTE, { status: 'declined' }),
    call(4, 60, 4 * MINUTE, { mine: false, status: 'missed', media: 'video' }),
    call(5, 60, 3 * MINUTE, { status: 'busy' }),
    call(6, 60, 1 * MINUTE, { mine: false, status: 'missed' }),
  ];
};

const history = (now: number): readonly CallLogItem[] => {
  let made = 0;
  const call = (name: string, ago: number, more: Partial<CallLogItem>): CallLogItem => ({
    id: callId(++made),
    peer: contact(name).id,
    name,
    mine: true,
    media: 'voice',
    status: 'completed',
    at: now - ago,
    duration: 0,
    fresh: false,
    ...more,
  });
  const missed = { mine: false, status: 'missed' } as const;
  return [
    call('hanae.ito', 5 * MINUTE, { ...missed, fresh: true }),
    call('mira.okafor', 50 * MINUTE, { media: 'video', duration: 1_260_000 }),
    call('jonas.weber', 70 * MINUTE, { ...missed, status: 'busy', media: 'video', fresh: true }),
    call('dev.patel', DAY, { mine: false, duration: 45_000 }),
    call('lucia.fernandez', DAY + HOUR, { status: 'missed' }),
    call('mira.okafor', DAY + 2 * HOUR, { mine: false, status: 'declined', media: 'video' }),
    call('sofia.rossi', 9 * DAY, { status: 'failed' }),
    call('ingrid.solberg', 9 * DAY + HOUR, { duration: 4_980_000 }),
  ];
};

const logged = (models: Models) => {
  equipped(models);
  models.calls.history.value = history(Date.now());
  models.calls.historyLoaded.value = true;
  models.calls.hasMoreHistory.value = true;
  models.calls.missed.value = 2;
};

/** Calls that ring, go on, have ended, and are remembered. */
export const CALL_STATES: Readonly<Record<string, Prepare>> = {
  'call-incoming': inside(talk, rings('voice')),
  'call-incoming-video': inside({ panel: 'chats', peer: null }, rings('video')),
  'call-incoming-second': inside(talk, live({ media: 'video' }, rings('voice'))),

  'call-preview': inside(talk, calling({ phase: 'preview', media: 'video' })),
  'call-preview-off': inside(
    talk,
    calling({ phase: 'preview', media: 'video' }, ({ calls }) => {
      calls.mine.value = { microphone: false, camera: false, screen: false };
    }),
  ),
  'call-preview-denied': inside(
    talk,
    calling({ phase: 'preview', media: 'video', error: 'MEDIA_DENIED' }, ({ calls }) => {
      calls.myPicture.value = null;
    }),
  ),
  'call-starting': inside(talk, calling({ phase: 'starting' })),
  'call-ringing': inside(talk, calling({ phase: 'ringing' })),
  'call-ringing-video': inside(talk, calling({ phase: 'ringing', media: 'video' })),
  'call-connecting': inside(talk, calling({ phase: 'connecting', since: Date.now() })),

  'call-live': inside(talk, live({ media: 'voice' })),
  'call-live-unread': inside(talk, live({ media: 'voice' }, wrote)),
  'call-live-muted': inside(
    talk,
    live({ media: 'voice' }, ({ calls }) => {
      calls.mine.value = { microphone: false, camera: false, screen: false };
      calls.theirs.value = { microphone: false, camera: false, screen: false };
      calls.quality.value = 'poor';
      calls.relayed.value = true;
    }),
  ),
  'call-live-video': inside(
    talk,
    live({ media: 'video' }, ({ calls }) => {
      calls.can.value = { ...calls.can.value, flip: true, share: false };
      calls.relayed.value = true;
    }),
  ),
  'call-live-upright': inside(
    talk,
    live({ media: 'video' }, ({ calls }) => {
      calls.theirPicture.value = fakePicture(MORNING, 480, 640);
      calls.quality.value = 'fair';
    }),
  ),
  'call-live-screen': inside(
    talk,
    live({ media: 'video' }, ({ calls }) => {
      calls.theirs.value = { microphone: false, camera: false, screen: true };
      calls.theirPicture.value = fakeScreen();
    }),
  ),
  'call-live-popped-out': inside(
    talk,
    live({ media: 'video' }, ({ calls }) => {
      calls.poppedOut.value = true;
      calls.mine.value = { microphone: true, camera: false, screen: true };
      calls.myPicture.value = fakeScreen();
    }),
  ),
  'call-reconnecting': inside(talk, live({ media: 'video', phase: 'reconnecting' })),

  'call-ended': ended({ ending: 'hung-up' }),
  'call-ended-no-answer': ended({ ending: 'no-answer', media: 'video' }),
  'call-ended-busy': ended({ ending: 'busy' }),
  'call-ended-failed': ended({ ending: 'failed', error: 'CALL_UNCONNECTED' }),
  'call-ended-elsewhere': ended({ ending: 'elsewhere', mine: false }),

  'call-minimised': inside(
    talk,
    live({ media: 'video' }, ({ calls }) => (calls.minimised.value = true)),
  ),
  'settings-lock-call': inside(
    { panel: 'settings', section: 'lock' },
    live({ media: 'voice' }, ({ calls, account }) => {
      calls.minimised.value = true;
      account.lock.value = { minutes: 15, hasKey: false };
    }),
  ),
  'settings-data-call': inside(
    { panel: 'settings', section: 'data' },
    live({ media: 'voice' }, ({ calls }) => (calls.minimised.value = true)),
  ),
  'call-minimised-list': inside(
    { panel: 'chats', peer: null },
    live({ phase: 'reconnecting' }, ({ calls }) => (calls.minimised.value = true)),
  ),
  'call-minimised-ended': inside(
    talk,
    calling({ phase: 'ended', ending: 'hung-up' }, ({ calls }) => (calls.minimised.value = true)),
  ),
  'call-elsewhere-tab': inside(talk, (models) => {
    equipped(models);
    models.calls.elsewhere.value = { peer: mira, name: 'mira.okafor', where: 'tab' };
  }),
  'call-elsewhere-device': inside({ panel: 'people' }, ({ calls }) => {
    calls.elsewhere.value = { peer: mira, name: 'mira.okafor', where: 'device' };
  }),

  'conversation-calls': inside(talk, (models) => {
    equipped(models);
    models.timeline.calls.value = between(Date.now());
    models.conversations.rows.value = models.conversations.rows.value.map((row, index) => {
      if (index === 0) return { ...row, lastCall: { mine: false, media: 'voice', status: 'missed' } };
      if (index !== 4) return row;
      return { ...row, lastCall: { mine: true, media: 'video', status: 'completed' } };
    });
  }),
  'conversation-calls-alone': inside(talk, (models) => {
    equipped(models);
    models.timeline.items.value = [];
    models.timeline.calls.value = between(Date.now()).slice(-1);
  }),
  calls: inside({ panel: 'calls' }, logged),
  'calls-offline': inside({ panel: 'calls' }, (models) => {
    logged(models);
    models.status.link.value = 'offline';
  }),
  'calls-loading': inside({ panel: 'calls' }, equipped),
  'calls-empty': inside({ panel: 'calls' }, (models) => {
    equipped(models);
    models.calls.historyLoaded.value = true;
  }),
  'settings-calls': inside({ panel: 'settings', section: 'calls' }, equipped),
  'settings-calls-no-relay': inside({ panel: 'settings', section: 'calls' }, (models) => {
    equipped(models);
    models.calls.hasRelay.value = false;
    models.calls.relayOnly.value = true;
  }),
  'settings-calls-unknown': inside({ panel: 'settings', section: 'calls' }),
};
