import { effect } from '@preact/signals';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Models } from '../models/models.ts';
import type { Stop } from '../store/ports.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { load } from './load.ts';
import type { Actions } from './actions.ts';
import type { Toasts } from './toasts.ts';

/** Who people are: comparing, verifying, accepting. */
export interface Trust
  extends Room, Pick<Actions, 'showSafety' | 'setVerified' | 'compareSafety' | 'acceptIdentity'> {}

interface TrustDeps {
  readonly models: Pick<Models, 'account' | 'people'>;
  readonly toasts: Toasts;
}

export function createTrust({ models, toasts }: TrustDeps): Trust {
  const { account, people } = models;
  let inside: Inside | null = null;
  let stop: Stop = () => {};
  /** The identity on the screen: what the person says about it must not be said of another. */
  let shown: { readonly peer: UserId; readonly signing: Bytes } | null = null;
  /** Counts what was asked for: an older answer must not replace a newer one. */
  let asked = 0;

  function close(): void {
    asked++;
    stop();
    stop = () => {};
    shown = null;
    account.safety.value = null;
  }

  async function show(peer: UserId): Promise<void> {
    const turn = ++asked;
    const contact = people.contactsById.value.get(peer);
    if (contact === undefined) return close();
    const { compare } = await load(import('./safety.ts'));
    const comparison = await compare(mustBeInside(inside).store, contact);
    if (turn !== asked) return;
    shown = comparison && { peer, signing: comparison.signing };
    account.safety.value = comparison && comparison.safety;
  }

  async function attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      toasts.report(error);
    }
  }

  return {
    enter(now) {
      inside = now;
    },
    leave() {
      inside = null;
      close();
    },
    showSafety(peer) {
      close();
      if (peer === null) return;
      // Trust or identity may change while the number is on the screen.
      stop = effect(() => {
        if (people.contactsById.value.has(peer)) void attempt(() => show(peer));
      });
    },
    setVerified: (peer, verified) =>
      attempt(async () => {
        const { trust } = mustBeInside(inside).store;
        const signing = shown?.peer === peer ? shown.signing : (await trust.compared(peer))?.peer.signing;
        if (signing === undefined) throw new Failure('UNKNOWN_USER');
        await trust.setVerified(peer, signing, verified);
      }),
    async compareSafety(peer, scanned) {
      try {
        const { compareScanned } = await load(import('./safety.ts'));
        return await compareScanned(mustBeInside(inside).store, peer, scanned);
      } catch (error) {
        toasts.report(error);
        return 'unreadable';
      }
    },
    acceptIdentity: (peer) => attempt(() => mustBeInside(inside).store.trust.acceptIdentity(peer)),
  };
}
