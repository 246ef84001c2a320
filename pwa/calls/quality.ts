import type { Quality } from '../models/calls.ts';

/** How the way between the two devices is, from what the browser counts (W3C WebRTC Statistics). */
export interface Reading {
  readonly quality: Quality | null;
  /** Nothing goes directly between the two. */
  readonly relayed: boolean;
}

/** What is counted from the beginning of a connection. */
export interface Counted {
  readonly received: number;
  readonly lost: number;
}

/** Milliseconds and shares that a person begins to notice, and those that make talking hard. */
const FAIR = { loss: 0.03, rtt: 300, jitter: 50 };
const POOR = { loss: 0.1, rtt: 600, jitter: 120 };

/** Judges one report against the one before it; null where there is nothing to compare yet. */
export function readStats(stats: Iterable<unknown>, before: Counted | null): Reading & { counted: Counted } {
  let received = 0;
  let lost = 0;
  let jitter = 0;
  let farLoss = 0;
  let rtt = 0;
  let pairId = '';
  const byId = new Map<string, Stat>();
  for (const entry of stats) {
    const stat = entry as Stat;
    byId.set(stat.id, stat);
    if (stat.type === 'inbound-rtp') {
      received += stat.packetsReceived ?? 0;
      lost += Math.max(0, stat.packetsLost ?? 0);
      jitter = Math.max(jitter, (stat.jitter ?? 0) * 1000);
    } else if (stat.type === 'remote-inbound-rtp') farLoss = Math.max(farLoss, stat.fractionLost ?? 0);
    else if (stat.type === 'transport') pairId = stat.selectedCandidatePairId ?? pairId;
    // Firefox names the pair in use at the pair itself.
    else if (stat.type === 'candidate-pair' && stat.selected === true) pairId = stat.id;
  }
  const pair = byId.get(pairId);
  rtt = (pair?.currentRoundTripTime ?? 0) * 1000;
  const ends = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => byId.get(id ?? ''));
  const relayed = ends.some((end) => end?.candidateType === 'relay');
  const counted = { received, lost };
  if (before === null || pair === undefined) return { quality: null, relayed, counted };
  const newLost = Math.max(0, lost - before.lost);
  const all = Math.max(0, received - before.received) + newLost;
  // Who sends nothing at all is gone, or about to be: what the way was like before says nothing of it.
  if (all === 0) return { quality: null, relayed, counted };
  const loss = Math.max(farLoss, newLost / all);
  const isOver = (limit: typeof FAIR) => loss > limit.loss || rtt > limit.rtt || jitter > limit.jitter;
  return { quality: isOver(POOR) ? 'poor' : isOver(FAIR) ? 'fair' : 'good', relayed, counted };
}

interface Stat {
  readonly id: string;
  readonly type: string;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  /** Seconds. */
  readonly jitter?: number;
  readonly fractionLost?: number;
  readonly selectedCandidatePairId?: string;
  readonly selected?: boolean;
  /** Seconds. */
  readonly currentRoundTripTime?: number;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
}

const EVERY_MS = 2_000;

/** Reads now and then, until the returned function is called. */
export function watchQuality(
  stats: () => Promise<RTCStatsReport>,
  told: (reading: Reading) => void,
  note: (what: string, error: unknown) => void,
): () => void {
  let before: Counted | null = null;
  let over = false;
  const timer = setInterval(() => {
    stats().then(
      (report) => {
        if (over) return;
        const { counted, quality, relayed } = readStats(report.values(), before);
        before = counted;
        told({ quality, relayed });
      },
      (error: unknown) => note('no statistics', error),
    );
  }, EVERY_MS);
  return () => {
    over = true;
    clearInterval(timer);
  };
}
