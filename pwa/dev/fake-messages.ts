import type { OpId } from '#shared/ids.ts';
import type { MessageDetails, Tick, TimelineItem } from '../models/timeline.ts';

let made = 0;
const nextId = () => `00000000-0000-7000-8000-${String(made++).padStart(12, '0')}` as OpId;

export function message(
  mine: boolean,
  text: string | null,
  at: number,
  n: number | null,
  tick?: Tick,
): TimelineItem {
  return {
    id: nextId(),
    mine,
    text,
    at,
    n,
    tick: mine ? (tick ?? 'seen') : null,
    error: tick === 'failed' ? 'KEY_CHANGED' : null,
    holeBefore: false,
  };
}

const TALK: readonly [mine: boolean, text: string | null, minutesAgo: number, tick?: Tick][] = [
  [false, 'Morning! Did you make it home before the storm?', 1580],
  [true, 'Just about. The last two kilometres were a swim.', 1576],
  [true, 'But the film survived, and I think the shot of the lighthouse came out.', 1575],
  [false, 'Can’t wait to see it', 1570],
  [
    false,
    'Here is the map I meant: https://www.openstreetmap.org/#map=13/61.5012/8.4532 (the path leaves the road behind the sawmill).',
    132,
  ],
  [true, 'Perfect. If we start at six we have the ridge to ourselves.', 127],
  [false, 'Six?! You are a monster.', 126],
  [
    false,
    'Fine. But you bring the coffee, and I mean the good one, in the big flask, not the thing from the petrol station that we agreed never to mention again.',
    126,
  ],
  [true, 'Deal ☕', 121],
  [false, null, 60],
  [
    false,
    'I booked the hut for Saturday night, they had two beds left. Write to mailto:hut@example.org if you are later than eight.',
    41,
  ],
  [true, 'You are the best', 38, 'seen'],
  [true, 'Shall I ask Jonas to drive? His car has the roof rack.', 12, 'delivered'],
  [true, 'The view from the ridge was worth every step', 2, 'sent'],
];

/** A short conversation that shows every kind of message. */
export function conversation(now: number, options: { unsent?: boolean } = {}): TimelineItem[] {
  const items = TALK.map(([mine, text, minutesAgo, tick], index) =>
    message(mine, text, now - minutesAgo * 60_000, 40 + index, tick),
  );
  if (options.unsent !== true) return items;
  return [
    ...items,
    message(true, 'Also, do we need the stove?', now - 90_000, null, 'failed'),
    message(true, 'I can carry it', now - 60_000, null, 'queued'),
    message(true, 'and the rope', now - 30_000, null, 'queued'),
  ];
}

const WORDS =
  'the ridge was worth every step and then some more because light fell over water like honey on bread'.split(
    ' ',
  );

/** `count` messages of very different lengths that end at `now`, the last one numbered `last`. */
export function longConversation(count: number, now: number, last = count): TimelineItem[] {
  return Array.from({ length: count }, (_, index) => {
    const length = 2 + ((index * 7919) % 97) / (index % 9 === 0 ? 1 : 8);
    const words = Array.from(
      { length: Math.ceil(length) },
      (__, word) => WORDS[(index * 31 + word * 7) % WORDS.length],
    );
    const mine = (index * 2654435761) % 5 < 2;
    const n = last - count + 1 + index;
    return message(mine, `${n}. ${words.join(' ')}`, now - (count - 1 - index) * 7 * 60_000, n);
  });
}

/** What the second of two waiting messages is: sent meanwhile, for the gallery. */
export const canTakeBack = (item: TimelineItem | undefined): boolean =>
  item?.tick === 'failed' || (item?.tick === 'queued' && item.text !== 'and the rope');

/** As the store would know it: the time of a tick as far as it was heard. */
export function detailsOf(item: TimelineItem): MessageDetails {
  const { id, mine, n, tick, error, at, text } = item;
  const unsent = tick === 'queued' || tick === 'failed';
  return {
    id,
    mine,
    n,
    tick,
    error,
    written: at - 400,
    stored: unsent ? null : at,
    delivered: mine && (tick === 'delivered' || tick === 'seen') ? at + 2_000 : null,
    seen: null,
    offers: unsent ? { count: canTakeBack(item) ? 0 : 2, last: canTakeBack(item) ? null : at + 5_000 } : null,
    bytes: text === null ? null : new TextEncoder().encode(text).length,
    keyEpoch: mine ? 3 : null,
    canTakeBack: canTakeBack(item),
  };
}

/** 200 old messages and the newest 40, with 160 between them that are not here yet. */
export function conversationWithHole(now: number): TimelineItem[] {
  const newest = longConversation(40, now, 400);
  const first = newest[0]?.n;
  return [
    ...longConversation(200, now - 86_400_000, 200),
    ...newest.map((item) => ({ ...item, holeBefore: item.n === first })),
  ];
}
