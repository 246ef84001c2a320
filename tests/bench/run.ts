import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measureBacklog } from './backlog.ts';
import { measureCalls } from './calls.ts';
import { measureCatchUp } from './catch-up.ts';
import { measureCrypto } from './crypto.ts';
import { closeDevice } from './full-device.ts';
import { measureHerd } from './herd.ts';
import { measureIdle } from './idle.ts';
import { measureLighthouse } from './lighthouse.ts';
import { describeMachine } from './machine.ts';
import { measureNodes } from './nodes.ts';
import { measureReconnect } from './reconnect.ts';
import { measureRelay } from './relay.ts';
import { measurePaint, measureSend } from './screen.ts';
import { measureScroll } from './scroll.ts';
import { measureSimulation } from './simulation.ts';
import { measureSizes } from './sizes.ts';
import { measureSoak } from './soak.ts';
import { type Report, replaceTable, toMarkdown } from './table.ts';
import { measureUnlock } from './unlock.ts';

/**
 * `npm run bench` measures everything; `npm run bench -- relay sizes` measures parts; `--write` also puts the tables
 * into docs/performance.md; `--people=1000` makes the crowds of idle and herd smaller than their 10,000. The soak takes
 * `--minutes=20`, or as many as are given, and is measured only when it is named; so is lighthouse, which is fetched from
 * the registry.
 */
const PARTS: Record<string, () => Promise<Report>> = {
  machine: describeMachine,
  relay: measureRelay,
  nodes: measureNodes,
  idle: () => measureIdle(people),
  herd: () => measureHerd(people),
  reconnect: measureReconnect,
  backlog: measureBacklog,
  'catch-up': measureCatchUp,
  unlock: measureUnlock,
  paint: measurePaint,
  send: measureSend,
  scroll: measureScroll,
  calls: () => measureCalls(),
  lighthouse: measureLighthouse,
  crypto: measureCrypto,
  sizes: measureSizes,
  sim: measureSimulation,
  soak: () => measureSoak(minutes),
};
const WHEN_NAMED = new Set(['soak', 'lighthouse']);

const root = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = `${root}docs/performance.md`;
const ARTIFACTS = `${root}tests/.artifacts`;

const given = process.argv.slice(2);
const write = given.includes('--write');
const people = numberOf('people', 10_000);
const minutes = numberOf('minutes', 20);
const chosen = given.filter((name) => name !== '--write' && !/^--(people|minutes)=\d+$/.test(name));
const unknown = chosen.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(
    `There is no part ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}; options: --write, --people=N, --minutes=N.`,
  );
  process.exit(2);
}

const figures: Record<string, unknown> = {};
for (const [name, measure] of Object.entries(PARTS)) {
  const wanted = chosen.length > 0 ? name === 'machine' || chosen.includes(name) : !WHEN_NAMED.has(name);
  if (!wanted) continue;
  const began = performance.now();
  const report = await measure();
  figures[name] = report.figures;
  for (const table of report.tables) {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`\n${table.name} (${seconds} s)\n\n${toMarkdown(table)}`);
    if (write) await writeFile(DOCUMENT, replaceTable(await readFile(DOCUMENT, 'utf8'), table));
  }
}
await closeDevice();
await mkdir(ARTIFACTS, { recursive: true });
await writeFile(`${ARTIFACTS}/bench.json`, `${JSON.stringify(figures, null, 2)}\n`);

function numberOf(option: string, usual: number): number {
  return Number(given.find((each) => each.startsWith(`--${option}=`))?.split('=')[1] ?? usual);
}
