import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Crowd } from './crowd.ts';
import { type Program, startProgram } from './program.ts';
import { buildPrograms } from './programs.ts';
import type { Pair, RelayServer } from './relay-server.ts';
import { type Report, short, whole } from './table.ts';

/** People who connect in one call to the process that plays them. */
const PORTION = 500;
/** Until what connecting left behind has settled, in ms. */
const QUIET = 3_000;
const WATCH_MS = 5_000;

/** What connections cost that say nothing: memory of the server for each, and its processor time for all. */
export async function measureIdle(people: number): Promise<Report> {
  return withCrowd(people, async ({ server, crowd, gather }) => {
    // The first ones pay for what is made once.
    await gather(Math.min(PORTION, people / 2));
    await sleep(QUIET);
    const before = await server.call('memory', undefined);
    const counted = await gather(people);
    await sleep(QUIET);
    const after = await server.call('memory', undefined);
    const used = await server.call('processorTime', undefined);
    await sleep(WATCH_MS);
    const busy = ((await server.call('processorTime', undefined)) - used) / (WATCH_MS * 1_000);
    await crowd.call('scatter', undefined);
    await sleep(QUIET);
    const left = await server.call('memory', undefined);
    const figures = { people, resident: after, each: (after - before) / counted, busy, left };
    const row = [
      whole(people),
      whole(after / 2 ** 20),
      short(figures.each / 1_024),
      short(busy * 100),
      whole(left / 2 ** 20),
    ];
    return { tables: [{ name: 'idle', columns: COLUMNS, rows: [row] }], figures };
  });
}

const COLUMNS = [
  'Connections',
  'Server memory (RSS), MiB',
  'For each, KiB',
  'Server CPU, %',
  'Memory after all left, MiB',
];

interface Gathering {
  readonly server: Program<RelayServer>;
  readonly crowd: Program<Crowd>;
  /** Connects people until there are `total`; gives how many came. */
  gather(total: number): Promise<number>;
}

/** A server process, and people who are friends in pairs and can connect from another process. */
export async function withCrowd<T>(people: number, action: (gathering: Gathering) => Promise<T>): Promise<T> {
  const files = await buildPrograms();
  const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-bench-'));
  const crowd = await startProgram<Crowd>(files.crowd);
  let server = await startProgram<RelayServer>(files['relay-server']);
  try {
    const { pairs } = await server.call('start', { dataDir, pairs: Math.ceil(people / 2) });
    // What signing up left in memory would be reused by connections, and their cost not be seen.
    await server.close();
    server = await startProgram<RelayServer>(files['relay-server']);
    const { url } = await server.call('reopen', { dataDir });
    const everybody = pairs.flatMap(({ sender, recipient }: Pair) => [sender, recipient]).slice(0, people);
    let came = 0;
    const gather = async (total: number): Promise<number> => {
      const before = came;
      while (came < total) {
        const next = everybody.slice(came, Math.min(came + PORTION, total));
        await crowd.call('gather', { url, people: next });
        came += next.length;
      }
      return came - before;
    };
    return await action({ server, crowd, gather });
  } finally {
    await Promise.all([crowd.close(), server.close()]);
    await rm(dataDir, { recursive: true, force: true });
  }
}
