/** How a process of ours ends. The numbers are those of sysexits.h, which systemd shows by name. */
export const EXIT = {
  ok: 0,
  /** It ran, and what it looked at is not as it should be; or a fault of the program itself. */
  failed: 1,
  /** The command line can't be understood. */
  usage: 64,
  /** A database, backup or archive is damaged, or of another version. */
  data: 65,
  /** A file, a database or an account that was named does not exist. */
  missing: 66,
  /** A port is taken, or another server (MongoDB, Redis) does not answer. */
  unavailable: 69,
  /** What would be written exists already. */
  exists: 73,
  /** The disk is full or broken. */
  disk: 74,
  /** Another NexChat uses the data. */
  busy: 75,
  /** This user may not do that. */
  permission: 77,
  /** The settings are wrong. */
  settings: 78,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** An end that an operator can do something about: sentences that say what is wrong and what helps, and an exit code. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exit: Exit;
  constructor(exit: Exit, say: string, cause?: unknown) {
    super(say, cause === undefined ? undefined : { cause });
    this.exit = exit;
  }
}
