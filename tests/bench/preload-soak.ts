import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SAMPLE_MARK, SAMPLE_SIGNAL, type Sample } from './soak-sample.ts';

/**
 * Imported by the built server's process before its own code: on a signal it collects garbage and prints a sample. The
 * product knows nothing of it.
 */
const RESOLUTION_MS = 5;

// NODE_OPTIONS does not take --expose-gc before Node 22.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on(SAMPLE_SIGNAL, () => {
  // The histogram holds whole intervals. Read first: collecting holds up the loop by itself.
  const lag = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const sample: Sample = { rss, heap: heapUsed, external, resources, lag };
  process.stdout.write(`${SAMPLE_MARK}${JSON.stringify(sample)}\n`);
  // What the collection held up belongs to no sample.
  setTimeout(() => delay.reset(), 2 * RESOLUTION_MS).unref();
});
