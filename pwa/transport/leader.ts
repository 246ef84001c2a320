import { Failure } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import type { SyncClient } from '#sync/client/client.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import type { CallOperation } from '#sync/wire/up.ts';
import type { LocalStore } from '../store/ports.ts';
import type { Api } from './http.ts';
import type { Leading } from './leadership.ts';
import { timers } from './timers.ts';
import type { Tokens } from './tokens.ts';

interface LeaderDeps {
  readonly store: Pick<LocalStore, 'lead'>;
  readonly tokens: Tokens;
  readonly api: Pick<Api, 'answers'>;
  readonly listener: SyncListener;
  /** Another tab leads by now. */
  readonly lost: () => void;
  readonly report: (code: string, error: unknown) => void;
}

/** Between two tries to begin: a full device may have space again, a part of the app may be had again. */
const AGAIN_MS = 15_000;

/** The sync client of a tab that leads, on a store that refuses it once another tab does. */
export function startLeading(deps: LeaderDeps): Leading {
  const { tokens, api, listener } = deps;
  let client: SyncClient | null = null;
  let cancel = () => {};
  let over = false;
  /** What was asked before there is a client. */
  const early = new Map<OpId, CallOperation>();

  async function begin(): Promise<void> {
    try {
      // What is stored is on the screen before the part that speaks to the server is even loaded.
      const [{ createLine }, store] = await Promise.all([import('./line.ts'), deps.store.lead()]);
      if (over) return;
      const made = createLine({ base: location.origin, tokens, api, store, listener, report });
      client = made;
      for (const op of early.values()) made.call(op);
      early.clear();
      cancel = tokens.keepFresh((token) => made.reauthenticate(token));
      made.start();
    } catch (error) {
      if (over) return;
      deps.report(error instanceof Failure ? error.code : 'INTERNAL', error);
      cancel = timers.after(AGAIN_MS, () => void begin());
    }
  }

  function report(code: string, error: unknown): void {
    if (code === 'LEADERSHIP_LOST') deps.lost();
    else deps.report(code, error);
  }

  void begin();
  return {
    start: () => client?.start(),
    wake: () => client?.wake(),
    networkGone: () => client?.networkGone(),
    typing: (to, on) => client?.typing(to, on),
    want: (peer, before) => client?.want(peer, before),
    call(op) {
      if (client === null) early.set(op.id, op);
      else client.call(op);
    },
    dropCall(id) {
      early.delete(id);
      client?.dropCall(id);
    },
    signal: (to, device, envelope) => client?.signal(to, device, envelope),
    inCall: (call, peer) => client?.inCall(call, peer),
    async stop() {
      over = true;
      cancel();
      await client?.stop();
    },
  };
}
