import type { UserId } from '#shared/ids.ts';
import type { Standing } from '#sync/wire/down.ts';
import { createCluster } from './cluster.ts';
import { type Device, type FriendKind, createDevice, isQuiet } from './device.ts';
import { createLedger } from './ledger.ts';
import { judge } from './oracle.ts';
import { createRandom } from './random.ts';
import { CALM, type Happening, type Scenario, type Weather, planOf } from './scenario.ts';
import { createWorld } from './world.ts';

export interface Report {
  readonly seed: number;
  /** What was found wrong, the rule first; empty when every promise was kept. */
  readonly faults: readonly string[];
  /** A digest of the whole run: the same seed gives the same. */
  readonly trace: string;
  /** Operations that the server committed. */
  readonly operations: number;
  readonly events: number;
  readonly virtualMs: number;
}

/** Within this much virtual time after the last fault everything has arrived, milliseconds. */
const CONVERGED_WITHIN = 600_000;
const LOOK_EVERY = 2_000;
/** An app that has nothing to do and a server that answers need no more tries than this in a minute. */
const CALM_MINUTE = 60_000;
const CALM_TRIES = 5;
/** No answer of a server makes a client try more often than this in any ten seconds, but for what it has to say. */
const STORM_WINDOW = 10_000;
const STORM_TRIES = 120;
/** A run that found so much found enough. */
const MOST_FAULTS = 5;

/** Several people with several devices each, a network and servers that fail, and then a calm in which all settles. */
export async function simulate(scenario: Scenario): Promise<Report> {
  const random = createRandom(scenario.seed);
  const plan = planOf(scenario, random);
  const world = createWorld();
  const faults: string[] = [];
  const fail = (rule: string, seen: string): void => {
    if (faults.length < MOST_FAULTS) faults.push(`${rule}: ${seen}`);
  };
  const broken = (): boolean => faults.length > 0;
  const ledger = createLedger(fail);
  // A hint between two nodes may get lost on the best of days.
  const calm: Weather = { ...CALM, loseHint: plan.weather.loseHint };
  let weather: Weather = plan.weather;

  const users = Array.from({ length: plan.users }, () => random.id() as UserId);
  const people = new Map(users.map((id) => [id, { key: keyOf(id, 0), former: keyOf(id, 0), version: 0 }]));
  const devices: Device[] = [];
  const cluster = createCluster({
    world,
    random,
    ledger,
    nodes: plan.nodes,
    limits: plan.limits,
    faults: () => weather,
    person(id) {
      const keyId = people.get(id)?.key;
      return keyId && { id, name: id, bundle: keyId, keyId };
    },
    onCrash() {
      for (const device of devices) device.cutOff();
    },
  });
  for (const [index, user] of users.entries()) {
    for (let i = plan.devices[index] ?? 1; i > 0; i--) addDevice(user);
  }

  const start = world.now();
  for (let i = 0; i < scenario.actions; i++) world.after(random.between(0, plan.span), act);
  for (const [happening, times] of Object.entries(plan.times) as [Happening, number][]) {
    for (let i = times; i > 0; i--) world.after(random.between(0, plan.span), () => happen(happening));
  }
  let events = 0;
  let heard = 0;
  while (world.now() < start + plan.span && !broken()) {
    events += await world.run(Math.min(start + plan.span, world.now() + STORM_WINDOW), broken);
    watchTries(STORM_TRIES);
  }

  weather = calm;
  for (const device of devices) device.calm();
  await converge();
  if (!broken()) {
    watchTries(Infinity);
    events += await world.run(world.now() + CALM_MINUTE, broken);
    watchTries(CALM_TRIES);
    await judge(ledger, cluster.store(), users, devices, fail);
  }
  return {
    seed: scenario.seed,
    faults,
    trace: `${world.print().toString(16)} ${events} ${traceOf(devices)}`,
    operations: ledger.place(),
    events,
    virtualMs: world.now() - start,
  };

  async function converge(): Promise<void> {
    const limit = world.now() + CONVERGED_WITHIN;
    while (!broken() && !isSettled()) {
      if (world.now() >= limit)
        return fail('C13', `not all has arrived after ten minutes of calm: ${whatIsLeft()}`);
      events += await world.run(world.now() + LOOK_EVERY, broken);
      watchTries(STORM_TRIES);
    }
  }

  function isSettled(): boolean {
    return (
      cluster.allUp() &&
      ledger.calls.live() === 0 &&
      devices.every((device) => {
        const disk = device.disk();
        return device.isUp() && isQuiet(disk) && disk.cursor?.seq === ledger.head(device.user);
      })
    );
  }

  function whatIsLeft(): string {
    return devices
      .map((device) => {
        const disk = device.disk();
        const state = !device.isUp() ? ', down' : isQuiet(disk) ? '' : ', not quiet';
        return `${disk.queue.size} to send, ${disk.cursor?.seq} of ${ledger.head(device.user)}${state}`;
      })
      .concat(`${ledger.calls.live()} calls go on`, cluster.allUp() ? [] : 'a server is down')
      .join('; ');
  }

  function watchTries(most: number): void {
    const news = Math.max(0, ledger.place() - heard);
    heard = ledger.place();
    for (const device of devices) {
      const tries = device.tries();
      if (tries > most + news) fail('C13', `${tries} tries to connect in a short while, with ${news} news`);
    }
  }

  function addDevice(user: UserId, twinOf?: Device): void {
    const socketsBlocked = plan.blocked[devices.length] ?? false;
    const [inStorm, inCalm] = [
      { ...plan.weather, socketsBlocked },
      { ...calm, socketsBlocked },
    ];
    const device = createDevice(
      {
        world,
        random,
        ledger,
        fail,
        faults: () => (weather === calm ? inCalm : inStorm),
        hostFor: cluster.hostFor,
        keyOf(id) {
          const { key, former } = people.get(id) ?? { key: new Uint8Array(16), former: new Uint8Array(16) };
          return random.chance(0.5) ? key : former;
        },
      },
      user,
      twinOf?.clone(),
    );
    devices.push(device);
  }

  function act(): void {
    const device = random.pick(devices);
    const peer = random.pick(users.filter((user) => user !== device.user));
    const standing = device.disk().standings.get(peer) ?? 'none';
    const choice = random.next();
    if (standing === 'friends' && choice < 0.98) {
      if (choice < 0.2) device.see(peer);
      else if (choice < 0.25) device.scroll(peer);
      else if (choice < 0.28) device.type(peer);
      else if (choice < 0.4) {
        device.phone(peer);
        // Two who think of each other at the same moment.
        const theirs = devices.filter(({ user }) => user === peer);
        if (choice < 0.32) random.pick(theirs).phone(device.user);
      } else device.send(peer);
    } else device.befriend(peer, friendActionOf(standing, choice));
    // Somebody who accepts writes at once.
    if (standing === 'received' && choice < 0.5) device.send(peer);
  }

  function happen(happening: Happening): void {
    const device = random.pick(devices);
    switch (happening) {
      case 'server-crash':
        return cluster.crash();
      case 'server-restart':
        return cluster.restart();
      case 'server-restore': {
        const place = ledger.place();
        return cluster.restore(random.between(Math.floor(place * 0.7), place));
      }
      case 'truncate':
        return void cluster.truncate(random.pick(users));
      case 'new-keys': {
        const user = random.pick(users);
        const { key, version } = people.get(user) ?? { key: new Uint8Array(16), version: 0 };
        people.set(user, { key: keyOf(user, version + 1), former: key, version: version + 1 });
        return;
      }
      case 'device-crash':
        return device.crash();
      case 'close':
        return device.close();
      case 'freeze':
        return device.freeze();
      case 'full':
        return device.fill();
      case 'clock':
        return device.setClock(random.between(-1e9, 1e9));
      case 'device-restore':
        device.backUp();
        return void world.after(random.between(0, start + plan.span - world.now()), device.restore);
      case 'twin':
        return addDevice(device.user, device);
    }
  }
}

/** What somebody may do about a friendship, with `choice` between 0 and 1, and from 0.98 for friends. */
function friendActionOf(standing: Standing, choice: number): FriendKind {
  switch (standing) {
    case 'friends':
      return choice < 0.99 ? 'friend.remove' : 'friend.block';
    case 'received':
      return choice < 0.85 ? 'friend.accept' : choice < 0.95 ? 'friend.reject' : 'friend.block';
    case 'blocked':
      if (choice < 0.7) return 'friend.unblock';
      return choice < 0.8 ? 'friend.accept' : choice < 0.95 ? 'friend.request' : 'friend.block';
    case 'sent':
    case 'none':
      return choice < 0.9 ? 'friend.request' : choice < 0.95 ? 'friend.remove' : 'friend.block';
  }
}

function traceOf(devices: readonly Device[]): string {
  let sum = 0;
  for (const device of devices) {
    const { cursor, device: name, conversations, calls } = device.disk();
    const text = JSON.stringify([
      cursor,
      name,
      [...calls],
      Array.from(conversations.values(), ({ held, mine, theirs }) => [held, mine, theirs]),
    ]);
    for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x0100_0193);
  }
  return (sum >>> 0).toString(16);
}

function keyOf(user: UserId, version: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(16);
  for (let i = 0; i < 16; i++) key[i] = user.charCodeAt(i);
  key[15] = version;
  return key;
}
