import type { OpId, UserId } from '#shared/ids.ts';
import type { Route, Theme } from '../models/shell.ts';

/** Everything a person can do. Views know this interface; the composition root provides it. */
export interface Actions {
  // at the door
  register(username: string, password: string): Promise<void>;
  logIn(username: string, password: string): Promise<void>;
  /** Erases everything on this device, then the session at the server when it can be reached. */
  logOut(): Promise<void>;
  /** How many written messages would be lost by logging out now. */
  countUnsent(): Promise<number>;

  // getting around
  go(route: Route): void;
  back(): void;
  setTheme(theme: Theme): void;
  setSidebarCollapsed(collapsed: boolean): void;
  dismissToast(id: number): void;
  applyUpdate(): void;
  install(): void;

  /** Tries the server again now instead of waiting for the next attempt. */
  reconnect(): void;

  // people
  /** Everybody, or those whose names begin with `query`, where the server lists people only so. */
  loadDirectory(query?: string): void;
  requestFriend(id: UserId, name: string): Promise<void>;
  acceptFriend(id: UserId): Promise<void>;
  rejectFriend(id: UserId): Promise<void>;
  removeFriend(id: UserId): Promise<void>;

  // the open conversation
  setDraft(text: string): void;
  send(text: string): Promise<void>;
  retry(id: OpId): Promise<void>;
  discard(id: OpId): Promise<void>;
  loadEarlier(): void;
  /** The place above message number `n`, where messages are missing, is on the screen or near it. */
  fillHole(n: number): void;
  /** The person can see every message up to number `n`: tab visible, window focused, scrolled there. */
  markSeen(n: number): void;
  /** A key was pressed in the composer. */
  typing(): void;
}
