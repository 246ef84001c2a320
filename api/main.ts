import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { loadSecrets, unfitSecrets } from './auth/secrets.ts';
import { type Settings, parseSettings, unknownSettings } from './config.ts';
import { lockDataDir } from './data-lock.ts';
import { readEnvFile } from './env-file.ts';
import { createLog } from './log.ts';
import { EXIT } from './refusal.ts';
import { type RunningServer, startServer } from './server.ts';
import { explain } from './start-failures.ts';
import { pepperNamesIn } from './store/sqlite/pepper-names.ts';

/** Longest time for an orderly end, in ms, beside what the settings say. */
const GRACE = 8_000;

// What this process writes (database, secrets) is for its owner alone.
process.umask(0o077);
const unread = readEnvFile();
if (unread) refuse(unread.exit, [unread.message]);
const settings = parseSettings(process.env);
if (!settings.ok) refuse(EXIT.settings, settings.error);
const log = createLog(settings.value.logLevel);
const { server, missing } = await start(settings.value).catch((error: unknown) => {
  const refusal = explain(error, settings.value);
  if (!refusal) throw error;
  return refuse(refusal.exit, [refusal.message]);
});

closeWithGrace({ delay: GRACE + settings.value.drain * 1_000, logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, 'unexpected error, stopping');
  else log.info({ signal }, 'stopping');
  await server.close();
});

for (const name of unknownSettings(process.env))
  console.warn(`${name} is not a setting of NexChat, so it is ignored.`);
const unset = [...missing, ...(settings.value.origins ? [] : ['NEXCHAT_ORIGINS'])];
if (unset.length > 0) {
  console.warn(
    `For trying out only. Before others use this server, set ${unset.join(', ')} (see .env.example).`,
  );
}
if (settings.value.redisUrl !== null && settings.value.store !== 'mongodb') {
  console.warn(
    'NEXCHAT_REDIS_URL is set, but other servers can share only a store on mongodb with this one.',
  );
}
console.log(`NexChat is at ${server.url}`);

interface Started {
  readonly server: RunningServer;
  /** Settings that a server for others should have. */
  readonly missing: readonly string[];
}

async function start(given: Settings): Promise<Started> {
  // Two servers on one file would not tell each other's sockets what is new. The lock ends with the process.
  if (given.store === 'sqlite') lockDataDir(given.dataDir);
  const { secrets, missing: unsetSecrets } = loadSecrets(given, await usedPeppers(given));
  // Beside the built server, or in dist/ when it runs from its sources.
  const clientDir = ['../client', '../dist/client']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find(existsSync);
  const config = { ...given, secrets };
  return {
    server: await startServer(config, { clientDir: clientDir ?? 'dist/client', log }),
    missing: unsetSecrets,
  };
}

/** What the accounts that there are need. A database of a later version is refused when it is opened. */
async function usedPeppers(given: Settings): Promise<string[]> {
  if (given.store === 'sqlite') return pepperNamesIn(join(given.dataDir, 'nexchat.sqlite'));
  // Without its secrets it is refused before anybody is asked.
  if (!given.mongodb || unfitSecrets(given, []) !== undefined) return [];
  const { pepperNamesAt } = await import('./store/mongo/pepper-names.ts');
  return pepperNamesAt(given.mongodb);
}

function refuse(exit: number, problems: readonly string[]): never {
  console.error(`NexChat can't start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  process.exit(exit);
}
