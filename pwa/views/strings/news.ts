import type { DeviceKind } from '../../models/calls.ts';
import type { Named, Remark } from '../../models/shell.ts';
import { counted, say, words } from '../strings.ts';

/** The words of the short notes that float at the end of the screen. */
export const sayNews = words('news', {
  bug: 'Something went wrong in the app. Reload it if this happens again.',
  withoutKeys: 'Exported. Your keys are not in the file, because the server could not be reached.',
  afterCall: 'The page reloads when the call is over.',
  dayMissing: 'Messages of that day are not on this device. Try again when you are connected.',
  unplugged: {
    microphone: 'The microphone was unplugged. The default one is used now.',
    camera: 'The camera was unplugged. The default one is used now.',
    speaker: 'The loudspeaker was unplugged. The default one is used now.',
  } satisfies Record<DeviceKind, string>,
  asks: (name: string) => `${name} wants to be your friend`,
  askMany: (count: number) => counted(count, 'new friend request', 'new friend requests'),
  accepted: (name: string) => `${name} accepted your friend request`,
  acceptedMany: (count: number) =>
    counted(count, 'person accepted your friend request', 'people accepted your friend requests'),
  befriended: (name: string) => `You can write to ${name} now`,
});

/** A note as a sentence. */
export function wordsOf(remark: Remark): string {
  switch (remark.what) {
    case 'failure':
      return say.error(remark.code);
    case 'bug':
      return sayNews.bug;
    case 'without-keys':
      return sayNews.withoutKeys;
    case 'after-call':
      return sayNews.afterCall;
    case 'day-missing':
      return sayNews.dayMissing;
    case 'unplugged':
      return sayNews.unplugged[remark.device];
    case 'asks':
      return nameOr(remark.who, sayNews.asks, sayNews.askMany);
    case 'accepted':
      return nameOr(remark.who, sayNews.accepted, sayNews.acceptedMany);
    case 'befriended':
      return sayNews.befriended(remark.friend.name);
  }
}

function nameOr(
  who: readonly Named[],
  one: (name: string) => string,
  many: (count: number) => string,
): string {
  const [first] = who;
  return first !== undefined && who.length === 1 ? one(first.name) : many(who.length);
}
