/**
 * Upper bound of the wait before the next try, in milliseconds: doubles from one second to one minute. The wait itself
 * is drawn evenly from zero to this bound ("full jitter", Brooker, "Exponential Backoff And Jitter", AWS 2015), so
 * that clients cut off together do not come back together.
 */
export function retryDelay(attempt: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(Math.max(0, attempt - 1), 6));
}
