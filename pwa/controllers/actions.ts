import type { OpId, UserId } from '#shared/ids.ts';
import type { ReportRequest } from '#shared/schema/account.ts';
import type { ExportContent } from '../models/account.ts';
import type { CallMedia } from '#shared/call.ts';
import type { DeviceKind } from '../models/calls.ts';
import type { Language } from '../models/language.ts';
import type { Preview } from '../models/notices.ts';
import type { Hint, Look, Route, Theme } from '../models/shell.ts';
import type { Place } from '../models/timeline.ts';

/** What comparing a code gave; `digits` are the same on both screens, so they do not say whose they are. */
export type SafetyOutcome = 'match' | 'mismatch' | 'own' | 'digits' | 'unreadable';

/** Everything a person can do. Views know this interface; the composition root provides it. */
export interface Actions {
  // at the door
  register(username: string, password: string): Promise<void>;
  logIn(username: string, password: string): Promise<void>;
  /** Erases everything on this device, then the session at the server when it can be reached. */
  logOut(): Promise<void>;
  /** How many written messages would be lost by logging out now. */
  countUnsent(): Promise<number>;
  /** Back in without the password: proves the code, sets a new password, and shows a new code. */
  recover(username: string, code: string, newPassword: string): Promise<void>;

  // the account; what resolves with false has said why in a toast or in `models.account.error`
  /** The code that is on the screen was written down. */
  confirmRecoveryCode(): void;
  /** The person goes on without: it is said again, quietly, until there is a code that was written down. */
  skipRecoveryCode(): void;
  newRecoveryCode(password: string): Promise<boolean>;
  changePassword(current: string, next: string): Promise<boolean>;
  /** Ends the account at the server, then erases this device. */
  deleteAccount(password: string): Promise<boolean>;
  /** New agreement keys under the same identity; friends take them over silently. */
  rotateKeys(): Promise<boolean>;
  loadDevices(): void;
  renameDevice(id: string, name: string): Promise<boolean>;
  endDevice(id: string): Promise<boolean>;
  endOtherDevices(): Promise<boolean>;
  /** Own messages, contacts and keys as a file that only the passphrase opens; the browser saves it. */
  exportData(passphrase: string): Promise<boolean>;
  /** Shows an exported file; nothing of it enters the account. Null when it could not be opened. */
  openExport(file: File, passphrase: string): Promise<ExportContent | null>;

  // trust
  /** Fills `models.account.safety` for this person; null closes it. */
  showSafety(peer: UserId | null): void;
  setVerified(peer: UserId, verified: boolean): Promise<void>;
  /** A scanned or pasted code against the one that this device expects; a match is verified, the same digits are not. */
  compareSafety(peer: UserId, scanned: string): Promise<SafetyOutcome>;
  /** Goes on with somebody whose identity changed: the new one is pinned, unverified, and what waits is sealed to it. */
  acceptIdentity(peer: UserId): Promise<void>;
  blockPerson(id: UserId): Promise<void>;
  unblockPerson(id: UserId): Promise<void>;
  /** Null when it was refused. Without a connection it is kept, and sent later. */
  report(request: ReportRequest): Promise<'sent' | 'queued' | null>;

  // the lock of this device
  enableLock(passphrase: string, minutes: number): Promise<boolean>;
  /** Adds a platform authenticator (WebAuthn PRF) beside the passphrase. */
  addLockKey(): Promise<boolean>;
  /** The passphrase stays. */
  removeLockKey(): Promise<boolean>;
  disableLock(passphrase: string): Promise<boolean>;
  setLockMinutes(minutes: number): void;
  lockNow(): void;
  unlock(passphrase: string): Promise<void>;
  unlockWithKey(): Promise<void>;
  /** Erases everything on this device at once, also locked and offline. */
  wipe(): Promise<void>;

  // getting around
  go(route: Route): void;
  back(): void;
  setTheme(theme: Theme): void;
  /** Null leaves it to the browser. The page starts again, without losing what was typed. */
  setLanguage(language: Language | null): void;
  setLook(look: Look, on: boolean): void;
  setSidebarCollapsed(collapsed: boolean): void;
  dismissHint(hint: Hint): void;
  /** What another app shared goes nowhere. */
  dropShared(): void;
  /** Fills `models.shell.storage`. */
  measureStorage(): void;
  /** Asks the browser to keep what is stored; false when it does not promise. */
  keepStorage(): Promise<boolean>;
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

  // search
  /** Looks through the messages of this device; an empty query only makes ready for one. */
  search(query: string): void;
  /** More hits, older ones. */
  searchMore(): void;
  /** Looks through the open conversation and goes to the newest hit; null ends it. */
  find(query: string | null): void;
  /** To the next older (1) or newer (-1) hit. */
  findNext(step: 1 | -1): void;

  // calls; what fails is told in `models.calls`
  /** A video call shows the own picture first, and starts with `startCall`; a voice call starts at once. */
  call(peer: UserId, media: CallMedia): void;
  startCall(): void;
  /** With or without our camera, whatever the caller shows. */
  answerCall(media: CallMedia): void;
  /** Of the one that rings, also while we are in another. */
  declineCall(): void;
  /** Hangs up, calls off, or leaves the preview. */
  endCall(): void;
  /** Closes what is left on the screen of a call that ended. */
  /** The call that another tab or device of ours is in. */
  endCallElsewhere(): void;
  dismissCall(): void;
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  /** To the other camera of a phone. */
  flipCamera(): void;
  shareScreen(on: boolean): void;
  /** Remembered on this device. */
  chooseDevice(kind: DeviceKind, id: string): void;
  /** The picture in a window of its own, where the browser has one. */
  popOut(): void;
  /** The conversation beside or under the call. */
  setCallMinimised(minimised: boolean): void;
  setRelayOnly(on: boolean): void;
  /** More of the call list. */
  loadMoreCalls(): void;

  // notifications
  /** On: the browser asks for leave, and the server is told where to wake this device. Off: neither is so any more. */
  setNotices(on: boolean): Promise<void>;
  setPreview(preview: Preview): void;

  // the open conversation
  setDraft(text: string): void;
  send(text: string): Promise<void>;
  retry(id: OpId): Promise<void>;
  /** Every message of the open conversation that failed. */
  retryAll(): Promise<void>;
  /** Takes a message that was not sent off this device; false when it may be on its way already. */
  discard(id: OpId): Promise<boolean>;
  /** Puts what such a message says into the composer, beside the draft; null ends that and changes nothing. */
  edit(id: OpId | null): void;
  setEdit(text: string): void;
  /** Queues it anew with its new text; false when it may be on its way already: the text is the draft then. */
  saveEdit(): Promise<boolean>;
  /** Fills `models.timeline.details` for this message; null closes it. */
  inspect(id: OpId | null): void;
  loadEarlier(): void;
  loadLater(): void;
  /** Opens a conversation, if it is not open, around this message. */
  jumpTo(peer: UserId, id: OpId): void;
  /** To the first message of the open conversation at or after `at`, milliseconds since 1970. */
  jumpToDay(at: number): void;
  toNewest(): void;
  /** Where the person reads in the open conversation, to come back to; null at its end. */
  keepPlace(place: Place | null): void;
  /** The place above message number `n`, where messages are missing, is on the screen or near it. */
  fillHole(n: number): void;
  /** The person can see every message up to number `n`: tab visible, window focused, scrolled there. */
  markSeen(n: number): void;
  /** A key was pressed in the composer. */
  typing(): void;
}
