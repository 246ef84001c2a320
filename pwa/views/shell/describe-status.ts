import type { Models } from '../../models/models.ts';
import { say } from '../strings.ts';

export interface StatusWords {
  readonly kind: 'offline' | 'busy' | 'sign-in';
  readonly long: string;
  /** For the narrow place beside a heading. */
  readonly short: string;
  /** From 0 to 1, where it is known. */
  readonly done: number | null;
  /** Trying again at once may help. */
  readonly retry?: true;
}

/**
 * What the status chip says, or null when everything is as it should be. `network` is whether the browser has one:
 * without it the device is offline, with it the server is away.
 */
export function describeStatus(
  models: Pick<Models, 'session' | 'status'>,
  network: boolean,
): StatusWords | null {
  const { link, queued, progress } = models.status;
  if (models.session.needsSignIn.value) {
    return { kind: 'sign-in', long: say.status.signIn, short: say.status.signInShort, done: null };
  }
  switch (link.value) {
    case 'live':
      return null;
    case 'offline':
    case 'connecting':
      if (!network) return offline(queued.value);
      if (link.value === 'offline') return unreachable(queued.value);
      return { kind: 'busy', long: say.status.connecting, short: say.status.connecting, done: null };
    case 'catching-up': {
      const { done, total } = progress.value ?? { done: 0, total: 0 };
      if (total === 0)
        return { kind: 'busy', long: say.status.catchingUp, short: say.status.catchingUp, done: null };
      const words = say.status.catchingUpOf(done, total);
      return { kind: 'busy', long: words, short: words, done: done / total };
    }
    case 'stopped':
      return { kind: 'offline', long: say.status.stopped, short: say.status.stopped, done: null };
  }
}

function offline(queued: number): StatusWords {
  const { status } = say;
  const [long, short] =
    queued === 0
      ? [status.offline, status.offlineShort]
      : [status.offlineQueued(queued), status.offlineQueuedShort(queued)];
  return { kind: 'offline', long, short, done: null };
}

function unreachable(queued: number): StatusWords {
  const { status } = say;
  const [long, short] =
    queued === 0
      ? [status.unreachable, status.unreachableShort]
      : [status.unreachableQueued(queued), status.unreachableQueuedShort(queued)];
  return { kind: 'offline', long, short, done: null, retry: true };
}
