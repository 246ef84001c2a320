import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy } from '#tests/support/proxy.ts';
import type { SoakPerson } from './soak-person.ts';

/** People behind the same network. */
export interface Group {
  readonly proxy: Proxy;
  readonly people: readonly SoakPerson[];
}

/** Between the beginnings of two faults, in ms. */
const EVERY = 8_000;
/** Longer than clients believe in a silent connection, in ms. */
const BLACK_HOLE = 40_000;
const DEAFNESS = 12_000;
const REFUSAL = 5_000;
const ABSENCE = 15_000;
/** How many of a group close the app at once. */
const ABSENT = 3;

type Pause = (ms: number) => Promise<void>;

const FAULTS: readonly ((group: Group, pause: Pause) => Promise<void>)[] = [
  async function cut({ proxy }) {
    proxy.cut();
  },
  async function blackHole({ proxy }, pause) {
    proxy.stall('up', 'down');
    await pause(BLACK_HOLE);
    proxy.flow();
  },
  async function absence({ people }, pause) {
    const leaving = people.slice(0, ABSENT);
    await Promise.all(leaving.map((person) => person.leave()));
    await pause(ABSENCE);
    for (const person of leaving) person.come();
  },
  async function deafness({ proxy }, pause) {
    proxy.stall('down');
    await pause(DEAFNESS);
    proxy.flow();
  },
  async function refusal({ proxy }, pause) {
    await proxy.refuse();
    proxy.cut();
    await pause(REFUSAL);
    await proxy.accept();
  },
];

export interface Faults {
  /** How many there were. */
  count(): number;
  /** Ends them, and makes good what they did. */
  stop(): Promise<void>;
}

/** One fault after the other, by turns, on one group after the other: every minute is as bad as the next. */
export function startFaults(groups: readonly Group[]): Faults {
  const ended = new AbortController();
  const pause: Pause = (ms) => sleep(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  const running: Promise<void>[] = [];
  let count = 0;

  const begin = (): void => {
    // Each round meets other groups with the same faults.
    const group = groups[(count + Math.floor(count / FAULTS.length)) % groups.length];
    const fault = FAULTS[count % FAULTS.length];
    count += 1;
    if (group && fault) running.push(fault(group, pause));
  };
  const timer = setInterval(begin, EVERY);

  return {
    count: () => count,
    async stop() {
      clearInterval(timer);
      ended.abort();
      await Promise.all(running);
    },
  };
}
