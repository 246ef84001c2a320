import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { CHROMIUM_ARGS, chromiumPath } from './chromium.ts';
import type { Island } from './island.ts';
import { settled, until } from './wait.ts';

export interface BrowserOptions {
  /** A profile to open again. Without it a fresh one is made, and removed at the end. */
  readonly profile?: string;
  readonly width?: number;
  readonly height?: number;
  readonly touch?: boolean;
  readonly colorScheme?: 'light' | 'dark';
  /** The language that the browser asks for. */
  readonly locale?: string;
  readonly reducedMotion?: boolean;
  readonly args?: readonly string[];
  /** A network to run in. */
  readonly island?: Island;
}

/** One person's browser: a profile of its own, as on a device of its own. */
export interface Browser {
  readonly context: BrowserContext;
  /** The first tab. */
  readonly page: Page;
  readonly profile: string;
  readonly pid: number;
  /** Uncaught errors, violations of the content security policy, and console errors other than of a lost network. */
  faults(): readonly string[];
  /** Closes as a person would, or kills it when that takes too long. */
  close(): Promise<void>;
  /** Kills the process, as a crash or a lost battery would; the profile stays. */
  kill(): Promise<void>;
}

/** Where a browser keeps what it knows. Give it to `openBrowser` again and again; remove it yourself. */
export async function createProfile(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'nexchat-profile-'));
}

export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const profile = options.profile ?? (await createProfile());
  const context = await chromium.launchPersistentContext(profile, {
    ...(await executable(options.island)),
    args: [...CHROMIUM_ARGS, ...(options.args ?? [])],
    headless: true,
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    hasTouch: options.touch ?? false,
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    locale: options.locale ?? 'en-GB',
    timezoneId: 'UTC',
    timeout: 30_000,
  });
  context.setDefaultTimeout(15_000);
  const faults = collectFaults(context);
  const pid = await until(() => pidOf(profile), { within: 5000, for: 'the browser’s process id' });
  const page = context.pages()[0] ?? (await context.newPage());

  const leave = async () => {
    if (options.profile === undefined) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const kill = async () => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!isNoSuchProcess(error)) throw error;
    }
    await until(() => !isRunning(pid), { within: 5000, for: `browser ${pid} to be gone` });
  };

  return {
    context,
    page,
    profile,
    pid,
    faults: () => faults,
    kill,
    async close() {
      // A kill would lose the cookies of the last half minute, which Chromium has not written to disk yet.
      await settled(context.close(), { within: 30_000, for: 'the browser to close' }).catch(kill);
      await leave();
    },
  };
}

async function executable(
  island: Island | undefined,
): Promise<{ executablePath: string; env?: Record<string, string | undefined> }> {
  const path = await chromiumPath();
  if (island === undefined) return { executablePath: path };
  return {
    executablePath: fileURLToPath(new URL('enter.sh', import.meta.url)),
    env: { ...process.env, ENTER_BY: island.enter.join(' '), ENTER_PROGRAM: path },
  };
}

function collectFaults(context: BrowserContext): string[] {
  const faults: string[] = [];
  context.on('weberror', (event) => faults.push(`uncaught: ${event.error().stack ?? event.error().message}`));
  context.on('console', (message) => {
    if (message.type() !== 'error' || LOST_NETWORK.test(message.text())) return;
    const { url, lineNumber } = message.location();
    faults.push(`console: ${message.text()} (${url}:${lineNumber})`);
  });
  return faults;
}

/** What Chromium itself writes to the console when a request or a connection fails, as it may in these tests. */
const LOST_NETWORK = /^Failed to load resource|^WebSocket connection to|net::ERR_/;

/** Chromium links its lock on a profile to "host-pid". */
async function pidOf(profile: string): Promise<number | null> {
  const pid = /-(\d+)$/.exec(await readlink(join(profile, 'SingletonLock')))?.[1];
  return pid === undefined ? null : Number(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (isNoSuchProcess(error)) return false;
    throw error;
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}
