import { signal } from '@preact/signals';
import type { CallMedia, CallStatus } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';

/**
 * How far one of our messages got: on the screen, and not on the device yet; here; at the server; on a device of the
 * friend; on their screen.
 */
export type Tick = 'writing' | 'queued' | 'sent' | 'delivered' | 'seen' | 'failed';

export interface TimelineItem {
  readonly id: OpId;
  readonly mine: boolean;
  /** Null when the message can't be opened (yet). */
  readonly text: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The conversation number; null until the server gave one. */
  readonly n: number | null;
  /** Null for messages of the friend. */
  readonly tick: Tick | null;
  readonly error: ErrorCode | null;
  /** Messages are missing between this one and the one above it, or above the first of all: they are at the server. */
  readonly holeBefore: boolean;
}

/** What the app itself says between messages, at the place where it happened. */
export interface TimelineNotice {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** It stands after the message of this number; 0 before all. */
  readonly after: number;
  readonly kind: 'identity-changed' | 'identity-accepted' | 'verified' | 'unverified' | 'messages-missing';
}

/** Everything that this device knows of one message. Times in milliseconds since 1970; null where it does not know. */
export interface MessageDetails {
  readonly id: OpId;
  readonly mine: boolean;
  readonly n: number | null;
  readonly tick: Tick | null;
  readonly error: ErrorCode | null;
  readonly written: number;
  /** When the server took it. */
  readonly stored: number | null;
  readonly delivered: number | null;
  readonly seen: number | null;
  /** How often it was said to the server, and when last; null when that is not known (any more). */
  readonly offers: { readonly count: number; readonly last: number | null } | null;
  /** Of the text; null when it can't be opened. */
  readonly bytes: number | null;
  /** Which of the friend's keys it is sealed to; null when that is not kept here. */
  readonly keyEpoch: number | null;
  /** It was certainly not sent, and can be changed. */
  readonly canTakeBack: boolean;
}

/** A call, at its place between the messages. */
export interface TimelineCall {
  readonly id: OpId;
  /** We called. */
  readonly mine: boolean;
  readonly media: CallMedia;
  readonly status: CallStatus;
  /** It stands after the message of this number; 0 before all. */
  readonly after: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long the two spoke, in milliseconds. */
  readonly duration: number;
}

/** Where the reader is taken: to a message, which is marked for a moment, or to the newest one of all. */
export interface Goal {
  readonly id: OpId | null;
  /** For a message that they were reading when they left: it is not marked, and stands where it stood; see `Place`. */
  readonly at?: number;
}

/** Where somebody reads: the first message on the screen, and how far above the edge of the screen it begins, in pixels. */
export interface Place {
  readonly id: OpId;
  readonly at: number;
}

/** A message that was not sent, while what it says is being changed. It stays in the queue until that is saved. */
export interface Editing {
  readonly id: OpId;
  /** What it says. */
  readonly was: string;
  /** What is in the field. */
  readonly text: string;
  /** It is being taken back, to be queued anew. */
  readonly saving: boolean;
}

/**
 * The open conversation: a window that grows towards the past, and where it does not end with the newest message,
 * towards that too.
 */
export function createTimelineModel() {
  return {
    peer: signal<UserId | null>(null),
    items: signal<readonly TimelineItem[]>([]),
    notices: signal<readonly TimelineNotice[]>([]),
    calls: signal<readonly TimelineCall[]>([]),
    loaded: signal(false),
    hasEarlier: signal(false),
    /** The window does not reach the newest message: what comes in lies outside of it. */
    hasLater: signal(false),
    /** So many messages the reader wants drawn at once; 0 for those near the screen. */
    whole: signal(0),
    /** Counts the windows: a new one may have nothing in common with the one before. */
    window: signal(0),
    /** The last one, as a new object each time. Null in a conversation that was just opened. */
    goal: signal<Goal | null>(null),
    /** Messages of the friend numbered above this were unread when the conversation was opened. */
    unreadAfter: signal<number | null>(null),
    /** False until it is known what the draft is: nothing can be typed before. */
    draftRead: signal(false),
    draft: signal(''),
    /** The field holds this instead of the draft. */
    editing: signal<Editing | null>(null),
    /** The message that is looked at closely. */
    details: signal<MessageDetails | null>(null),
  };
}
export type TimelineModel = ReturnType<typeof createTimelineModel>;
