import { KEEP_EVERY_MS } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import { type SyncClient, createSyncClient } from '#sync/client/client.ts';
import type { ClientStore, Transport } from '#sync/client/ports.ts';
import type { Operation } from '#sync/wire/up.ts';
import { makeEnvelope } from '../../support/envelope.ts';
import { type Disk, copyDisk, createDisk, undeliveredHole } from './disk.ts';
import { type DiskStoreDeps, leadOnDisk, openScreen } from './disk-store.ts';
import type { Fail } from './fail.ts';
import type { Ledger } from './ledger.ts';
import { type Host, type LinkFaults, createExchangeLink, createSocketLink } from './network.ts';
import { createPhone } from './phone.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface DeviceFaults extends LinkFaults {
  /** Chance, per transaction, that the app dies just before it. */
  readonly crashAtWrite: number;
  /** How long a transaction may take, in milliseconds. */
  readonly slowWrite: number;
  /** Whether sockets get through at all: where not, exchanges do. */
  readonly socketsBlocked: boolean;
}

export interface DeviceDeps {
  readonly world: World;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly fail: Fail;
  readonly faults: () => DeviceFaults;
  readonly hostFor: (user: UserId) => Host;
  readonly keyOf: (user: UserId) => Uint8Array;
}

export type FriendKind = Extract<Operation['kind'], `friend.${string}`>;

/** An installation of the app: its disk, its tabs and its service worker, of which one leads. */
export interface Device {
  readonly user: UserId;
  readonly disk: () => Disk;
  /** Tries to connect since the last call. */
  tries(): number;
  isUp(): boolean;

  send(peer: UserId): void;
  befriend(peer: UserId, kind: FriendKind): void;
  see(peer: UserId): void;
  /** Reads further back, to where something is missing. */
  scroll(peer: UserId): void;
  type(peer: UserId): void;
  /** Does something about a call, with this peer if there is none yet. */
  phone(peer: UserId): void;

  cutOff(): void;
  crash(): void;
  /** Every tab is closed: the service worker sends what waits, and the person comes back some time. */
  close(): void;
  /** The leading tab stops for a while; another may take its place meanwhile. */
  freeze(): void;
  fill(): void;
  setClock(offset: number): void;
  backUp(): void;
  /** The disk is as it was at the last backup. */
  restore(): void;
  /** What is on the disk, for a device that starts as a copy of this one. */
  clone(): Disk;
  /** All is well from here on. */
  calm(): void;
}

/** A tab or a worker that leads, or led. */
interface Shell {
  readonly client: SyncClient;
  readonly isWorker: boolean;
  alive: boolean;
  /** While it stands still: what it would have done meanwhile. */
  backlog: (() => void)[] | null;
}

const WORKER_LIMIT = 25_000;
/** Within so many milliseconds somebody does something about a call, or nothing. */
const ATTENTION = 20_000;

export function createDevice(deps: DeviceDeps, user: UserId, cloned?: Disk): Device {
  const { world, random, ledger, fail, faults } = deps;
  let disk = cloned ?? createDisk(user, random.id() as DeviceId);
  let backup: Disk | null = null;
  const shells = new Set<Shell>();
  let leader: Shell | null = null;
  let full = false;
  let clock = 0;
  let tries = 0;
  /** Restored, or a copy: only then may the server say so. */
  let suspect = cloned !== undefined;
  const listeners = new Set<() => void>();
  const host = deps.hostFor(user);
  const connecting = (): void => void (tries += 1);
  const socket = createSocketLink(world, random, faults, host, connecting);
  const exchange = createExchangeLink(world, random, faults, host, connecting);
  /** From the calm on nobody is in a call any more. */
  let talks = true;
  const phone = createPhone({
    random,
    disk: () => disk,
    client: () => leader?.client ?? null,
    newOpId: () => random.opId(now()),
    look(peer, call) {
      const op: Operation = { id: random.opId(now()), kind: 'call.see', to: peer, call };
      act((screen) => screen.write(op, `k:${peer}`, null));
    },
  });
  openTab();
  world.after(KEEP_EVERY_MS, keepCalls);

  const now = (): number => world.now() + clock;

  const isUp = (): boolean => leader !== null && !leader.isWorker && !leader.backlog;

  function keepCalls(): void {
    if (!talks) return;
    if (isUp()) phone.keep();
    world.after(KEEP_EVERY_MS, keepCalls);
  }

  /** Lets a shell do something, later if it stands still, never if it is dead. */
  function run(shell: Shell, action: () => void): void {
    if (!shell.alive) return;
    if (shell.backlog) shell.backlog.push(action);
    else action();
  }

  function storeDeps(shell: () => Shell | null, mine: ReadonlySet<() => void>): DiskStoreDeps {
    return {
      disk,
      ledger,
      fail,
      newOpId: () => random.opId(now()),
      newDeviceId() {
        if (!suspect) fail('C18', `${user}: a device that is no copy was told that it is one`);
        return random.id() as DeviceId;
      },
      onCall: (id) => void world.after(random.between(0, ATTENTION), () => isUp() && phone.attend(id)),
      listeners: mine as Set<() => void>,
      async transaction(body) {
        const life = shell();
        await new Promise<void>((resolve) => {
          world.after(random.between(0, faults().slowWrite), () => life && run(life, resolve));
        });
        if (random.chance(faults().crashAtWrite)) crash();
        if (!life?.alive) return new Promise(() => {});
        if (full) throw new Failure('STORAGE_FULL');
        return body();
      },
    };
  }

  function lead(transport: Transport, isWorker: boolean): Shell {
    let self: Shell | null = null;
    const within = (action: () => void): void => void (self && run(self, action));
    const store: ClientStore = leadOnDisk(storeDeps(() => self, listeners));
    const client = createSyncClient({
      store: { ...store, onOutbox: (listener) => store.onOutbox(() => within(listener)) },
      transport: {
        connect: (events) =>
          transport.connect({
            open: (isExchange) => within(() => events.open(isExchange)),
            frame: (data) => within(() => events.frame(data)),
            closed: (code) => within(() => events.closed(code)),
          }),
      },
      timers: { after: (ms, callback) => world.after(ms, () => within(callback)) },
      random,
      listener: {
        status() {},
        presence() {},
        typing() {},
        signal: (from, device) => ledger.calls.heard(from, device, user, disk.device),
        callResult: (result) => ledger.settled(user, result, true),
      },
      report(code) {
        if (code === 'LEADERSHIP_LOST' && self) end(self);
      },
    });
    const shell: Shell = { client, isWorker, alive: true, backlog: null };
    self = shell;
    leader = shell;
    shells.add(shell);
    client.start();
    return shell;
  }

  function end(shell: Shell): void {
    if (!shell.alive) return;
    void shell.client.stop();
    shell.alive = false;
    shells.delete(shell);
    if (leader === shell) leader = null;
  }

  function openTab(): void {
    if (leader && !leader.backlog && !leader.isWorker) return;
    // A worker lets go of the lock, or loses it while it works.
    if (leader?.isWorker && random.chance(0.5)) end(leader);
    lead(faults().socketsBlocked ? exchange : socket, false);
  }

  function work(): void {
    if (leader || disk.queue.size === 0) return;
    const shell = lead(exchange, true);
    const look = (left: number): void => {
      if (!shell.alive) return;
      if (left <= 0 || disk.queue.size === 0) end(shell);
      else world.after(500, () => run(shell, () => look(left - 500)));
    };
    world.after(500, () => look(WORKER_LIMIT));
  }

  function crash(): void {
    die();
    world.after(random.between(10, 60_000), openTab);
  }

  function die(): void {
    for (const shell of shells) shell.alive = false;
    shells.clear();
    leader = null;
    listeners.clear();
    socket.cutAll();
    exchange.cutAll();
  }

  /** What a person does needs an app that runs, and space on the disk; else they see that nothing came of it. */
  function act(action: (screen: ReturnType<typeof openScreen>) => Promise<void>): void {
    const shell = leader;
    if (!shell || shell.isWorker || shell.backlog) return;
    action(openScreen(storeDeps(() => shell, listeners))).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }

  return {
    user,
    disk: () => disk,
    tries() {
      const count = tries;
      tries = 0;
      return count;
    },
    isUp,

    send(peer) {
      const id: OpId = random.opId(now());
      const envelope = makeEnvelope({
        id,
        from: user,
        to: peer,
        toKeyId: new Uint8Array(deps.keyOf(peer)),
        time: Math.max(0, now()),
      });
      let accept: OpId | null = null;
      for (const { op } of disk.queue.values()) {
        if (op.kind === 'friend.accept' && op.to === peer) accept = op.id;
      }
      const op: Operation = { id, kind: 'message.send', to: peer, envelope };
      act((screen) => screen.write(op, `c:${peer}`, accept));
    },
    befriend(peer, kind) {
      const op: Operation = { id: random.opId(now()), kind, to: peer };
      ledger.asked(op);
      act((screen) => screen.write(op, `f:${peer}`, null));
    },
    see(peer) {
      act((screen) => screen.see(peer));
    },
    scroll(peer) {
      const conversation = disk.conversations.get(peer);
      if (!conversation) return;
      let before = conversation.top + 1;
      while (before > 1 && conversation.held[before - 1] !== undefined) before -= 1;
      if (before > 1) leader?.client.want(peer, before);
    },
    type(peer) {
      leader?.client.typing(peer, random.chance(0.5));
    },

    phone(peer) {
      if (isUp()) phone.use(peer);
    },

    cutOff() {
      socket.cutAll();
      exchange.cutAll();
    },
    crash() {
      if (leader) crash();
    },
    close() {
      die();
      for (let i = random.between(1, 3); i > 0; i--) world.after(random.between(100, 60_000), work);
      world.after(random.between(1_000, 120_000), openTab);
    },
    freeze() {
      const shell = leader;
      if (!shell || shell.backlog) return;
      shell.backlog = [];
      if (random.chance(0.7)) world.after(random.between(1_000, 60_000), openTab);
      world.after(random.between(1_000, 300_000), () => {
        const backlog = shell.backlog ?? [];
        shell.backlog = null;
        for (const action of backlog) run(shell, action);
        // A tab that lost the lock hears of it, some time.
        if (leader !== shell) world.after(random.between(0, 5_000), () => end(shell));
      });
    },
    fill() {
      full = true;
      world.after(random.between(1_000, 60_000), () => (full = false));
    },
    setClock(offset) {
      clock = offset;
    },
    backUp() {
      backup = copyDisk(disk);
    },
    restore() {
      if (!backup) return;
      die();
      disk = copyDisk(backup);
      suspect = true;
      world.after(random.between(10, 10_000), openTab);
    },
    clone() {
      suspect = true;
      return copyDisk(disk);
    },
    calm() {
      full = false;
      talks = false;
      if (leader?.backlog || leader?.isWorker) end(leader);
      openTab();
      // Not every device tells its app that the network is back.
      if (random.chance(0.5)) leader?.client.wake();
    },
  };
}

/** Whether there is nothing left to do for a device, as far as it knows. */
export function isQuiet(disk: Disk): boolean {
  if (disk.queue.size > 0 || disk.cursor === null) return false;
  for (const conversation of disk.conversations.values()) {
    if (undeliveredHole(conversation) !== null) return false;
  }
  return true;
}
