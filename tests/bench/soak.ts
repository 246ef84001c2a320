import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildIfStale } from '#api/dev/build.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { createTags } from '#api/store/tags.ts';
import { freePort } from '#tests/support/free-port.ts';
import { createProxy } from '#tests/support/proxy.ts';
import { until } from '#tests/support/wait.ts';
import type { Fail } from '../sync/sim/fail.ts';
import { type Group, startFaults } from './soak-faults.ts';
import { isSettled, judgePair } from './soak-judge.ts';
import { type SoakPerson, makeSoakPerson } from './soak-person.ts';
import type { Sample } from './soak-sample.ts';
import { COLUMNS, type TimedSample, rowsOf } from './soak-series.ts';
import { type SoakServer, startSoakServer } from './soak-server.ts';
import { type Report, short, whole } from './table.ts';

const PEOPLE = 50;
const GROUPS = 5;
/** Everybody is friends with the next ones in the circle. */
const NEXT = [1, 2] as const;
/** Between two messages of the same person, in ms. */
const WRITE_EVERY = 2_000;
const SAMPLE_EVERY = 5_000;
/** What a fresh process does for so long is no trend; in a short series it is its first sixth. In ms. */
const WARM_UP = 60_000;
/** Short, so that every connection lives to see it end. In seconds. */
const ACCESS_TTL = 90;
/** How long the server stays dead, in ms. */
const DOWN = 2_000;
/** Until what waited is delivered once all is well, in ms. */
const CALM_WITHIN = 120_000;
/** Until the server has let go of those who left, in ms. */
const QUIET = 3_000;

type Friends = readonly [SoakPerson, SoakPerson];

/**
 * People who write all the time, networks that fail all the time, and a server that is killed in the middle. Half of
 * the time goes to the server before it is killed, half to the one after it. Throws when a message is missing, there
 * twice or out of order.
 */
export async function measureSoak(minutes: number): Promise<Report> {
  await buildIfStale();
  const port = await freePort();
  const proxies = await Promise.all(Array.from({ length: GROUPS }, () => createProxy(port)));
  const origins = proxies.map((proxy) => `http://localhost:${proxy.port}`);
  const env = { NEXCHAT_ACCESS_TTL: String(ACCESS_TTL), NEXCHAT_LOG_LEVEL: 'warn' } as const;
  const server = await startSoakServer({ port, origins, env });
  const problems: string[] = [];
  const fail: Fail = (rule, seen) => void problems.push(`${rule}: ${seen}`);
  let people: readonly SoakPerson[] = [];
  try {
    people = await signUpAll(origins, fail);
    const groups = proxies.map((proxy, at): Group => {
      const members = people.filter((_, who) => who % GROUPS === at);
      return { proxy, people: members };
    });
    for (const person of people) person.come();
    const friendships = await befriend(people);
    const { before, after, faults, settleTime } = await wearDown(
      server,
      { people, groups, friendships },
      minutes,
    );

    await Promise.all(people.map((person) => person.leave()));
    for (const proxy of proxies) proxy.cut();
    await sleep(QUIET);
    const left = await server.sample();
    await server.stop();
    const messages = await judge(server.dataDir, friendships, fail);
    if (problems.length > 0) throw new Error(explain(problems));

    const counts = people.map((person) => person.counts());
    const work = {
      people: PEOPLE,
      minutes,
      messages,
      faults,
      connections: counts.reduce((sum, { connections }) => sum + connections, 0),
      renewals: counts.reduce((sum, { renewals }) => sum + renewals, 0),
      settleTime,
      left,
    };
    const warmUp = Math.min(WARM_UP, (minutes * 60_000) / 12);
    const rows = [...rowsOf('until it is killed', before, warmUp), ...rowsOf('after that', after, warmUp)];
    return {
      tables: [
        { name: 'soak', columns: COLUMNS, rows },
        { name: 'soak-work', columns: ['', ''], rows: workRows(work) },
      ],
      figures: { ...work, series: { before, after } },
    };
  } finally {
    await Promise.all(people.map((person) => person.leave()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await server.close();
  }
}

interface Society {
  /** In the order of their circle. */
  readonly people: readonly SoakPerson[];
  readonly groups: readonly Group[];
  readonly friendships: readonly Friends[];
}

interface Worn {
  readonly before: readonly TimedSample[];
  readonly after: readonly TimedSample[];
  readonly faults: number;
  readonly settleTime: number;
}

async function wearDown(
  server: SoakServer,
  { people, groups, friendships }: Society,
  minutes: number,
): Promise<Worn> {
  const stopWriting = startWriting(people);
  const faults = startFaults(groups);
  try {
    const half = (minutes * 60_000) / 2;
    const before = await watch(server, half);
    await server.sigkill();
    await sleep(DOWN);
    await server.start();
    const after = await watch(server, half);
    await faults.stop();
    stopWriting();
    const settleTime = await settle(people, friendships);
    return { before, after, faults: faults.count(), settleTime };
  } finally {
    stopWriting();
    await faults.stop();
  }
}

/** A few at a time: the server stretches each password. */
async function signUpAll(origins: readonly string[], fail: Fail): Promise<SoakPerson[]> {
  const people: SoakPerson[] = [];
  while (people.length < PEOPLE) {
    const next = origins.map((origin, at) => makeSoakPerson(origin, `person-${people.length + at}`, fail));
    people.push(...(await Promise.all(next)));
  }
  return people;
}

async function befriend(people: readonly SoakPerson[]): Promise<readonly Friends[]> {
  const friendships = people.flatMap((person, at) =>
    NEXT.flatMap((step): Friends[] => {
      const peer = people[(at + step) % people.length];
      return peer ? [[person, peer]] : [];
    }),
  );
  const stand = (standing: string): Promise<true> =>
    until(() => friendships.every(([a, b]) => b.disk.standings.get(a.user) === standing), {
      within: 30_000,
      for: `everybody to be "${standing}"`,
    });
  await Promise.all(friendships.map(([a, b]) => a.ask('friend.request', b)));
  await stand('received');
  await Promise.all(friendships.map(([a, b]) => b.ask('friend.accept', a)));
  await stand('friends');
  return friendships;
}

/** One after the other they read what a friend wrote, and write to that friend; the next time to the next friend. */
function startWriting(people: readonly SoakPerson[]): () => void {
  const steps = [...NEXT, ...NEXT.map((step) => -step)];
  let turn = 0;
  const timer = setInterval(() => {
    const at = turn % people.length;
    const step = steps[Math.floor(turn / people.length) % steps.length] ?? 0;
    const [person, friend] = [people[at], people[(at + step + people.length) % people.length]];
    turn += 1;
    if (person === undefined || friend === undefined || !person.isHere()) return;
    person.typesTo(friend);
    void person.see(friend).then(() => person.write(friend));
  }, WRITE_EVERY / people.length);
  return () => clearInterval(timer);
}

async function watch(server: SoakServer, ms: number): Promise<TimedSample[]> {
  const samples: TimedSample[] = [];
  const began = performance.now();
  for (let at = SAMPLE_EVERY; at <= ms; at += SAMPLE_EVERY) {
    await sleep(Math.max(0, began + at - performance.now()));
    samples.push({ at: performance.now() - began, ...(await server.sample()) });
  }
  return samples;
}

/** Waits until everybody has everything, and gives how long that took, in ms. */
async function settle(people: readonly SoakPerson[], friendships: readonly Friends[]): Promise<number> {
  const began = performance.now();
  for (const person of people) person.wake();
  await until(() => friendships.every(([a, b]) => isSettled(a, b)), {
    within: CALM_WITHIN,
    every: 100,
    for: 'everything to be delivered',
  });
  return performance.now() - began;
}

async function judge(dataDir: string, friendships: readonly Friends[], fail: Fail): Promise<number> {
  const store = openSqliteStore({ file: join(dataDir, 'nexchat.sqlite'), tag: createTags() });
  try {
    let messages = 0;
    for (const [a, b] of friendships) messages += await judgePair(store, a, b, fail);
    return messages;
  } finally {
    await store.close();
  }
}

interface Work {
  readonly people: number;
  readonly minutes: number;
  readonly messages: number;
  readonly faults: number;
  readonly connections: number;
  readonly renewals: number;
  readonly settleTime: number;
  readonly left: Sample;
}

function workRows(work: Work): string[][] {
  return [
    ['People', whole(work.people)],
    ['Minutes', short(work.minutes)],
    ['Messages, each present once and in order', whole(work.messages)],
    ['Faults, and one crash of the server', whole(work.faults)],
    ['Connections made', whole(work.connections)],
    ['Access tokens renewed', whole(work.renewals)],
    ['Until all was delivered after the last fault, s', short(work.settleTime / 1000)],
    [
      'Connections that the server holds after everybody left',
      whole(work.left.resources['TCPSocketWrap'] ?? 0),
    ],
  ];
}

const MOST_TOLD = 20;

function explain(problems: readonly string[]): string {
  const more = problems.length > MOST_TOLD ? `\n… and ${problems.length - MOST_TOLD} more` : '';
  return `Promises were broken:\n${problems.slice(0, MOST_TOLD).join('\n')}${more}`;
}
