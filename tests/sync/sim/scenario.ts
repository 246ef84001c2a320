import type { ReadLimits } from '#sync/server/connection.ts';
import type { ServerFaults } from './cluster.ts';
import type { DeviceFaults } from './device.ts';
import type { SeededRandom } from './random.ts';

/** Everything that can go wrong. A run may be told to do without some of it. */
export const FAULTS = [
  'refuse',
  'cut',
  'deaf',
  'latency',
  'exchanges',
  'nodes',
  'refuse-commit',
  'crash-at-commit',
  'lose-hint',
  'slow-server',
  'server-crash',
  'server-restart',
  'server-restore',
  'truncate',
  'new-keys',
  'crash-at-write',
  'slow-device',
  'device-crash',
  'close',
  'freeze',
  'full',
  'clock',
  'device-restore',
  'twin',
  'small-pages',
  'snapshots',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Scenario {
  readonly seed: number;
  /** Actions of people, all in all. */
  readonly actions: number;
  /** How many people at most, and devices of each. */
  readonly users?: number | undefined;
  readonly devices?: number | undefined;
  readonly without?: readonly Fault[] | undefined;
}

export interface Weather extends ServerFaults, Omit<DeviceFaults, 'socketsBlocked'> {}

/** How a seed plays: who, how long, and what goes wrong how often. Most runs know only some of the faults. */
export interface Plan {
  readonly users: number;
  readonly devices: readonly number[];
  /** Which of the devices, in their order, get no socket through. */
  readonly blocked: readonly boolean[];
  readonly nodes: number;
  /** Virtual milliseconds. */
  readonly span: number;
  readonly weather: Weather;
  readonly limits: ReadLimits;
  /** How often each happens during the span. */
  readonly times: Readonly<Record<Happening, number>>;
}

const HAPPENINGS = {
  'server-crash': 4,
  'server-restart': 2,
  'server-restore': 2,
  truncate: 4,
  'new-keys': 2,
  'device-crash': 6,
  close: 6,
  freeze: 4,
  full: 3,
  clock: 4,
  'device-restore': 2,
  twin: 1,
} as const satisfies Partial<Record<Fault, number>>;
export type Happening = keyof typeof HAPPENINGS;

export const CALM: Weather = {
  latency: [5, 60],
  refuse: 0,
  cut: 0,
  deaf: 0,
  refuseCommit: 0,
  crashAtCommit: 0,
  loseHint: 0,
  slowDisk: 0,
  crashAtWrite: 0,
  slowWrite: 10,
};

export function planOf(scenario: Scenario, random: SeededRandom): Plan {
  const without = new Set<Fault>(scenario.without);
  /** Draws all the same, so that a fault that is left out changes as little as it can of the rest. */
  const unless = <T>(fault: Fault, bad: T, well: T): T => (without.has(fault) ? well : bad);
  const some = (fault: Fault, most: number): number => {
    const [occurs, much] = [random.chance(0.5), random.next()];
    return unless(fault, occurs ? much * most : 0, 0);
  };
  const users = Math.min(random.between(2, 4), scenario.users ?? Infinity);
  const devices = Array.from({ length: users }, () =>
    Math.min(random.between(1, 2), scenario.devices ?? Infinity),
  );
  const blocked = Array.from({ length: 8 }, () => unless('exchanges', random.chance(0.15), false));
  const times = Object.fromEntries(
    Object.entries(HAPPENINGS).map(([name, most]) => {
      const [occurs, often] = [random.chance(0.4), random.between(1, most)];
      return [name, unless(name as Fault, occurs ? often : 0, 0)];
    }),
  ) as Record<Happening, number>;
  const small = unless('small-pages', random.chance(0.5), false);
  const pairs = random.pick([1, 2, 25]);
  return {
    users,
    devices,
    blocked,
    nodes: unless('nodes', random.between(1, 2), 1),
    span: scenario.actions * random.pick([20, 100, 300, 1_000]),
    times,
    weather: {
      latency: unless('latency', [1, random.pick([10, 100, 2_000])], [5, 60]),
      refuse: some('refuse', 0.5),
      cut: some('cut', 0.05),
      deaf: some('deaf', 0.02),
      refuseCommit: some('refuse-commit', 0.05),
      crashAtCommit: some('crash-at-commit', 0.01),
      loseHint: some('lose-hint', 0.5),
      slowDisk: unless('slow-server', random.pick([0, 5, 50]), 0),
      crashAtWrite: some('crash-at-write', 0.004),
      slowWrite: unless('slow-device', random.pick([0, 5, 50, 1_500]), 0),
    },
    limits: {
      page: { entries: small ? random.pick([2, 10]) : 256, bytes: 262_144 },
      history: { entries: small ? random.pick([1, 10]) : 200, bytes: 262_144 },
      part: { pairs, messages: random.pick([1, 5, 30]), bytes: 262_144 },
      exchangePart: { pairs, messages: 8, bytes: 262_144 },
      snapshotAbove: unless('snapshots', random.pick([10, 100, 2_000]), 2_000),
    },
  };
}
