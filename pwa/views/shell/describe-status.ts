import type { Models } from '../../models/models.ts';
import { say } from '../strings.ts';

export interface StatusWords {
  readonly kind: 'offline' | 'busy' | 'sign-in';
  readonly long: string;
  /** For the narrow place beside a heading. */
  readonly short: string;
  /** From 0 to 1, where it is known. */
  readonly done: number | null;
}

/** What the status chip says, or null when everything is as it should be. */
export function describeStatus(models: Pick<Models, 'session' | 'status'>): StatusWords | null {
  const { link, queued, progress } = models.status;
  if (models.session.needsSignIn.value) {
    return { kind: 'sign-in', long: say.status.signIn, short: say.status.signInShort, done: null };
  }
  switch (link.value) {
    case 'live':
      return null;
    case 'offline': {
      const count = queued.value;
      return count === 0
        ? { kind: 'offline', long: say.status.offline, short: say.status.offlineShort, done: null }
        : {
            kind: 'offline',
            long: say.status.offlineQueued(count),
            short: say.status.offlineQueuedShort(count),
            done: null,
          };
    }
    case 'connecting':
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
