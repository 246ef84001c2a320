import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measureBacklog } from './backlog.ts';
import { measureCatchUp } from './catch-up.ts';
import { measureCrypto } from './crypto.ts';
import { describeMachine } from './machine.ts';
import { measureReconnect } from './reconnect.ts';
import { measureRelay } from './relay.ts';
import { measureSimulation } from './simulation.ts';
import { measureSizes } from './sizes.ts';
import { type Report, replaceTable, toMarkdown } from './table.ts';

/**
 * `npm run bench` measures everything; `npm run bench -- relay sizes` measures parts; `--write` also puts the tables
 * into docs/performance.md.
 */
const PARTS: Record<string, () => Promise<Report>> = {
  machine: describeMachine,
  relay: measureRelay,
  reconnect: measureReconnect,
  backlog: measureBacklog,
  'catch-up': measureCatchUp,
  crypto: measureCrypto,
  sizes: measureSizes,
  sim: measureSimulation,
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = `${root}docs/performance.md`;
const ARTIFACTS = `${root}tests/.artifacts`;

const given = process.argv.slice(2);
const write = given.includes('--write');
const chosen = given.filter((name) => name !== '--write');
const unknown = chosen.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(
    `There is no part ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}; option: --write.`,
  );
  process.exit(2);
}

const figures: Record<string, unknown> = {};
for (const [name, measure] of Object.entries(PARTS)) {
  if (chosen.length > 0 && name !== 'machine' && !chosen.includes(name)) continue;
  const began = performance.now();
  const report = await measure();
  figures[name] = report.figures;
  for (const table of report.tables) {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`\n${table.name} (${seconds} s)\n\n${toMarkdown(table)}`);
    if (write) await writeFile(DOCUMENT, replaceTable(await readFile(DOCUMENT, 'utf8'), table));
  }
}
await mkdir(ARTIFACTS, { recursive: true });
await writeFile(`${ARTIFACTS}/bench.json`, `${JSON.stringify(figures, null, 2)}\n`);
