import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { loadSecrets } from './auth/secrets.ts';
import { parseSettings, unknownSettings } from './config.ts';
import { startServer } from './server.ts';

/** Longest time for an orderly end, in ms. */
const GRACE = 8_000;

// What this process writes (database, secrets) is for its owner alone.
process.umask(0o077);
if (existsSync('.env')) process.loadEnvFile('.env');
const settings = parseSettings(process.env);
if (!settings.ok) {
  console.error(`NexChat can't start:\n${settings.error.map((problem) => `  ${problem}`).join('\n')}`);
  process.exit(1);
}

const { secrets, missing } = loadSecrets(settings.value);
const log = pino({ level: settings.value.logLevel });
// Beside the built server, or in dist/ when it runs from its sources.
const clientDir = ['../client', '../dist/client']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);
const server = await startServer(
  { ...settings.value, secrets },
  { clientDir: clientDir ?? 'dist/client', log },
).catch((error: unknown) => {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!taken) throw error;
  console.error(`Port ${settings.value.port} is in use. Set NEXCHAT_PORT to another one.`);
  process.exit(1);
});

closeWithGrace({ delay: GRACE, logger: log }, async ({ err, signal }) => {
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
console.log(`NexChat is at ${server.url}`);
