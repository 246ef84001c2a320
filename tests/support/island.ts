import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { until } from './wait.ts';

const run = promisify(execFile);

/**
 * A network of a test's own: nothing in it reaches anything outside of it. WebRTC offers every address that a machine
 * has, and in here it has only loopback ones.
 */
export interface Island {
  /** Comes before a command that is to run in it. The process that it starts is the command's own. */
  readonly enter: readonly [command: string, ...args: string[]];
  /** Cuts the network, as pulling out a cable would, or mends it. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

/** With these Chromium calls over the loopback addresses that are all there is here, and plays what it hears. */
export const CALL_ARGS = [
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
] as const;
/** A camera and a microphone that are made up, without asking for leave. */
export const MADE_UP_MEDIA = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
] as const;

/** Why no network of one's own can be made here; undefined when it can. */
export async function whyNoIsland(): Promise<string | undefined> {
  try {
    await run('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { timeout: 5_000 });
    return undefined;
  } catch {
    return 'no network namespace can be made here (that takes Linux, iproute2 and root)';
  }
}

// Chromium says that it is online when it has an address beside those of the loopback interface.
const MAKE = `
  ip link set lo up
  ip link add v0 type veth peer name v1
  ip addr add 127.0.0.53/32 dev v0
  ip link set v0 up
  ip link set v1 up
  echo ready
  exec sleep 3600`;

export async function makeIsland(): Promise<Island> {
  // Lives as long as its first process does.
  const holder = spawn('unshare', ['--net', 'sh', '-ec', MAKE], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  holder.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  holder.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    await until(() => said.includes('ready'), { within: 5_000, for: 'the namespace' });
  } catch (error) {
    await end(holder);
    throw new Error(`No network namespace was made: ${said}`, { cause: error });
  }
  const enter = ['nsenter', '--target', String(holder.pid), '--net'] as const;
  const inside = (...args: string[]) => run(enter[0], [...enter.slice(1), ...args], { timeout: 5_000 });
  return {
    enter: [...enter],
    async cut(isCut) {
      for (const link of ['lo', 'v0']) await inside('ip', 'link', 'set', link, isCut ? 'down' : 'up');
    },
    close: () => end(holder),
  };
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const exit = once(holder, 'exit');
  holder.kill('SIGKILL');
  await exit;
}
