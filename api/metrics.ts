import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Middleware } from 'koa';
import { isErrorCode } from '#shared/errors.ts';
import type { Meter } from '#sync/server/ports.ts';
import type { BusState } from './bus/open.ts';
import { type RequestState, routeOf } from './context.ts';
import type { CommitMeter } from './store/commit-meter.ts';

/** What is read when somebody asks for the figures. */
export interface Gauges {
  counts(): { readonly connections: number; readonly people: number };
  busState(): BusState;
}

/** Figures of this process for Prometheus. No label names a person, an address or anything that was said. */
export interface Metrics {
  readonly meter: Meter;
  readonly commits: CommitMeter;
  /** What became of one try to wake a device. */
  readonly countPush: (outcome: 'sent' | 'gone' | 'failed') => void;
  readonly countRequests: Middleware<RequestState>;
  readonly contentType: string;
  /** Figures that are not counted but looked up, once there is somebody to ask. */
  watch(gauges: Gauges): void;
  scrape(): Promise<string>;
}

/** Seconds: an operation is a commit, so from a fast disk's flush to a client's patience. */
const OPERATION_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `nexchat_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name: `nexchat_${name}`, help, buckets, labelNames, registers });
  const gauge = (name: string, help: string, read?: () => number) =>
    new Gauge({
      name: `nexchat_${name}`,
      help,
      registers,
      ...(read && {
        collect() {
          this.set(read());
        },
      }),
    });

  const frames = counter('frames_total', 'Frames of sockets.', ['way']);
  const frameBytes = counter('frame_bytes_total', 'Bytes of the frames of sockets.', ['way']);
  const operations = counter(
    'operations_total',
    'Operations that were carried out, by what became of them.',
    ['kind', 'outcome'],
  );
  const operationSeconds = histogram(
    'operation_seconds',
    'From the turn of an operation to its durable result: what a client waits for its tick here.',
    OPERATION_SECONDS,
    ['kind'],
  );
  const signals = counter('signals_total', 'What devices in calls said to each other, passed on or not.', [
    'outcome',
  ]);
  const pushes = counter('pushes_total', 'Devices that were woken, are gone, or could not be woken.', [
    'outcome',
  ]);
  const requests = counter('http_requests_total', 'HTTP requests that were answered.', ['route', 'status']);
  const requestSeconds = histogram('http_request_seconds', 'How long HTTP requests took.', REQUEST_SECONDS, [
    'route',
  ]);
  const errors = counter('errors_total', 'Failures that a client was told, by code.', ['where', 'code']);
  const waiting = gauge('commits_waiting', 'Writes that wait for the next transaction.');
  const batches = histogram('commit_batch_size', 'Writes that shared a transaction.', BATCH_SIZES, []);
  let processWatched = false;

  return {
    meter: {
      frame(way, bytes) {
        frames.inc({ way });
        frameBytes.inc({ way }, bytes);
      },
      operation(kind) {
        const stop = operationSeconds.startTimer({ kind });
        return (outcome) => {
          stop();
          const known = outcome === 'ok' || isErrorCode(outcome) ? outcome : 'other';
          operations.inc({ kind, outcome: known });
          if (known !== 'ok') errors.inc({ where: 'operation', code: known });
        };
      },
      signal: (outcome) => signals.inc({ outcome }),
      ended: (code) => errors.inc({ where: 'connection', code }),
    },

    commits: {
      waiting: (writes) => waiting.set(writes),
      batch: (writes) => batches.observe(writes),
    },

    countPush: (outcome) => pushes.inc({ outcome }),

    async countRequests(ctx, next) {
      const began = performance.now();
      await next();
      const route = routeOf(ctx);
      requests.inc({ route, status: ctx.status });
      requestSeconds.observe({ route }, (performance.now() - began) / 1_000);
      if (ctx.state.failure) errors.inc({ where: 'http', code: ctx.state.failure });
    },

    contentType: registry.contentType,

    watch({ counts, busState }) {
      gauge('connections', 'Open connections of this node.', () => counts().connections);
      gauge('people_online', 'People with a connection to this node.', () => counts().people);
      if (busState() === 'alone') return;
      gauge('bus_connected', '1 while this node hears the others.', () => Number(busState() === 'connected'));
    },

    scrape() {
      // Measuring the event loop costs a little: nobody pays for it who doesn't look.
      if (!processWatched) collectDefaultMetrics({ register: registry });
      processWatched = true;
      return registry.metrics();
    },
  };
}
