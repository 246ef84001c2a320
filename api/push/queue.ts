import type { Clock, Timers } from '#sync/server/ports.ts';
import type { Deliver, Delivery } from './deliver.ts';

/** What is to be sent, and until when (server time in ms) it is worth it. */
export interface Job extends Omit<Delivery, 'ttl'> {
  readonly until: number;
}

export type Outcome = 'sent' | 'gone' | 'failed';

export interface PushQueueDeps {
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whether it is still to be sent: asked before it is tried again. Never rejects. */
  readonly isWanted: (job: Job) => Promise<boolean>;
  /** Told what became of each, and why where it failed. */
  readonly onDone: (job: Job, outcome: Outcome, why: string) => void;
}

export interface PushQueue {
  /** Takes the place of what still waits for the same device and is of the same kind. */
  add(job: Job): void;
  /** Resolves when all that waits was sent; nothing is tried again. */
  drain(): Promise<void>;
}

/** Requests to one push service at the same time. One that hangs holds up nobody else's. */
const AT_ONCE = 32;
/** Of one push service; above it the oldest are dropped. */
const MOST_WAITING = 5_000;
/** Between the tries, in ms. */
const PAUSES = [2_000, 15_000, 60_000];
/** Whoever wants to be left alone for longer is not asked again. */
const LONGEST_PAUSE = 600_000;

/** One push service's share: what waits, and what waits to be tried again, each by device and kind. */
interface Lane {
  readonly host: string;
  readonly waiting: Map<string, Attempt>;
  readonly resting: Map<string, Attempt>;
  running: number;
}
interface Attempt {
  job: Job;
  /** How often it was tried before. */
  readonly tries: number;
}

/** Sends to several push services side by side, again where that may help. In memory only: what is lost costs time. */
export function createPushQueue({ deliver, clock, timers, isWanted, onDone }: PushQueueDeps): PushQueue {
  const lanes = new Map<string, Lane>();
  /** Called when nothing is left, once there is nothing tried again. */
  let onEmpty: (() => void) | null = null;

  function laneOf({ to }: Job): Lane {
    const { host } = new URL(to.endpoint);
    const lane = lanes.get(host) ?? { host, waiting: new Map(), resting: new Map(), running: 0 };
    lanes.set(host, lane);
    return lane;
  }

  function add(job: Job): void {
    const [lane, key] = [laneOf(job), keyOf(job)];
    const resting = lane.resting.get(key);
    // It waits for the moment that the push service named: then it is the newest that is sent. A call does not wait.
    if (resting && job.message.kind !== 'call') {
      resting.job = job;
      return;
    }
    lane.resting.delete(key);
    lane.waiting.delete(key);
    lane.waiting.set(key, { job, tries: 0 });
    dropTooMany(lane);
    proceed(lane);
  }

  function dropTooMany({ waiting, resting }: Lane): void {
    if (waiting.size + resting.size <= MOST_WAITING) return;
    for (const place of [resting, waiting]) {
      for (const [key, { job }] of place) {
        place.delete(key);
        return onDone(job, 'failed', 'too many wait');
      }
    }
  }

  function proceed(lane: Lane): void {
    const { host, waiting, resting } = lane;
    for (const [key, attempt] of waiting) {
      if (lane.running >= AT_ONCE) return;
      waiting.delete(key);
      lane.running += 1;
      void run(lane, attempt).then(() => {
        lane.running -= 1;
        proceed(lane);
      });
    }
    if (lane.running + waiting.size + resting.size === 0) lanes.delete(host);
    if (lanes.size === 0) onEmpty?.();
  }

  async function run(lane: Lane, { job, tries }: Attempt): Promise<void> {
    const ttl = Math.ceil((job.until - clock.now()) / 1_000);
    if (ttl <= 0) return onDone(job, 'failed', 'too late');
    if (tries > 0 && !(await isWanted(job))) return;
    const delivered = await deliver({ ...job, ttl });
    if (delivered.outcome === 'sent' || delivered.outcome === 'gone')
      return onDone(job, delivered.outcome, '');
    const pause = delivered.outcome === 'put off' ? pauseAfter(tries, delivered.after) : null;
    // Not behind a newer one, which goes its own way, and not when it is of no use by then.
    const again = pause !== null && clock.now() + pause < job.until && !lane.waiting.has(keyOf(job));
    if (!again || onEmpty) return onDone(job, 'failed', delivered.why);
    const attempt = { job, tries: tries + 1 };
    lane.resting.set(keyOf(job), attempt);
    dropTooMany(lane);
    timers.after(pause, () => tryAgain(lane, keyOf(job), attempt));
  }

  function tryAgain(lane: Lane, key: string, attempt: Attempt): void {
    // It was dropped, or a newer one has its place.
    if (lane.resting.get(key) !== attempt) return;
    lane.resting.delete(key);
    lane.waiting.set(key, attempt);
    proceed(lane);
  }

  return {
    add,
    drain() {
      return new Promise((resolve) => {
        onEmpty = resolve;
        for (const lane of lanes.values()) {
          for (const { job } of lane.resting.values()) onDone(job, 'failed', 'the server stops');
          lane.resting.clear();
          proceed(lane);
        }
        if (lanes.size === 0) resolve();
      });
    },
  };
}

function keyOf({ session, message }: Job): string {
  return `${session} ${message.kind}`;
}

/** In ms; null when it is not to be tried any more. */
function pauseAfter(tries: number, asked: number | null): number | null {
  const pause = PAUSES[tries];
  if (pause === undefined || (asked ?? 0) > LONGEST_PAUSE) return null;
  return Math.max(pause, asked ?? 0);
}
