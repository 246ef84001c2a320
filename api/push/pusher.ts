import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RING_MS } from '#shared/call.ts';
import type { UserId } from '#shared/ids.ts';
import type { Clock, News, Timers, Waker } from '#sync/server/ports.ts';
import type { AccountStore, SignIn } from '../store/ports.ts';
import type { PushMessage } from '#shared/schema/push.ts';
import { createDeliver } from './deliver.ts';
import { type Outcome, createPushQueue } from './queue.ts';
import type { PushServices } from './services.ts';
import type { VapidKeys } from './vapid.ts';

export interface PusherDeps {
  readonly store: Pick<AccountStore, 'session' | 'sessions' | 'forgetPush'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly vapid: VapidKeys;
  readonly subject: string;
  readonly services: PushServices;
  readonly log: Logger;
  /** Counts what became of what was sent. */
  readonly count: (outcome: Outcome) => void;
}

export interface Pusher extends Waker {
  /** Sends what waits, for two seconds at most, and then no more. */
  stop(): Promise<void>;
}

/** A device is not woken more often than this for news of one kind. */
const WAKE_EVERY = 3_000;
const WEEK = 7 * 86_400_000;
/** How long a server that stops goes on sending, in ms. */
const STOP_LIMIT = 2_000;
/** A push service that refuses everything is told of once in so many milliseconds. */
const WARN_EVERY = 60_000;

/** The newest news of one kind for one person, and which of their sign-ins are to hear of it. */
interface Waiting {
  news: News;
  readonly which: ((session: string) => boolean)[];
}

/** Wakes devices through the push services of their browsers. */
export function createPusher(deps: PusherDeps): Pusher {
  const { store, clock, timers, vapid, subject, services, log, count } = deps;
  const ending = new AbortController();
  /** By person and kind, while it was done a moment ago: what is to be done when the moment is over. */
  const moments = new Map<string, Waiting | null>();
  /** What is asked of the store. */
  const asking = new Set<Promise<void>>();
  let stopped = false;
  let warnedAt = -Infinity;

  const queue = createPushQueue({
    deliver: createDeliver({ vapid, subject, signal: ending.signal }),
    clock,
    timers,
    async isWanted({ session, to }) {
      const signIn = await store.session(session).catch(onError);
      return signIn?.push?.endpoint === to.endpoint && lasts(signIn);
    },
    onDone({ session, to }, outcome, why) {
      count(outcome);
      if (outcome === 'gone') ask(store.forgetPush(session, to.endpoint));
      if (outcome === 'failed') tell(new URL(to.endpoint).host, why);
    },
  });

  const onError = (err: unknown): undefined => {
    log.error({ err }, 'the store could not say whom to wake');
  };
  const lasts = ({ ended, expires }: SignIn): boolean => ended === null && expires > clock.now();

  function tell(service: string, why: string): void {
    const warns = clock.now() - warnedAt >= WARN_EVERY;
    if (warns) warnedAt = clock.now();
    log[warns ? 'warn' : 'debug']({ service, why }, 'a device could not be woken');
  }

  function begin(key: string, user: UserId, waiting: Waiting): void {
    moments.set(key, null);
    timers.after(WAKE_EVERY, () => {
      const next = moments.get(key);
      if (next && !stopped) begin(key, user, next);
      else moments.delete(key);
    });
    ask(send(user, waiting));
  }

  function ask(answer: Promise<void>): void {
    const settled = answer.catch(onError);
    asking.add(settled);
    void settled.then(() => asking.delete(settled));
  }

  async function send(user: UserId, { news, which }: Waiting): Promise<void> {
    const until = clock.now() + (news.kind === 'call' && news.state !== 'missed' ? RING_MS : WEEK);
    const message = messageOf(news);
    for (const signIn of await store.sessions(user)) {
      const { id, push } = signIn;
      if (!push || !lasts(signIn) || !services.has(push.endpoint) || !which.some((has) => has(id))) continue;
      queue.add({ session: id, to: push, message, until });
    }
  }

  async function finish(): Promise<void> {
    await Promise.all(asking);
    await queue.drain();
    await Promise.all(asking);
  }

  return {
    wake(user, news, which) {
      if (stopped) return;
      const key = `${user} ${news.kind}`;
      const next = moments.get(key);
      if (next === undefined) return begin(key, user, { news, which: [which] });
      if (next === null) return void moments.set(key, { news, which: [which] });
      next.news = news;
      next.which.push(which);
    },

    async stop() {
      stopped = true;
      for (const [key, next] of moments) if (next) ask(send(key.split(' ')[0] as UserId, next));
      moments.clear();
      await Promise.race([finish(), sleep(STOP_LIMIT, undefined, { ref: false })]);
      ending.abort();
    },
  };
}

function messageOf(news: News): PushMessage {
  return news.kind === 'call' ? { kind: 'call', rings: news.state === 'rings' } : { kind: news.kind };
}
