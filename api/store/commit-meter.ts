/** Watches how a store makes writes durable together. */
export interface CommitMeter {
  /** So many writes wait for a transaction now. */
  waiting(writes: number): void;
  /** So many shared one. */
  batch(writes: number): void;
}
