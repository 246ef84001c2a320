import type { TimelineCall } from './timeline.ts';

/** It was for us, and we did not hear of it in time. */
export function isMissed({ mine, status }: Pick<TimelineCall, 'mine' | 'status'>): boolean {
  return !mine && (status === 'missed' || status === 'busy');
}
