import { computed, signal } from '@preact/signals';
import type { CallMedia, CallStatus } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';

/** How far the call of this tab is, as a person sees it. */
export type CallPhase =
  /** Our own picture, before a video call. */
  | 'preview'
  /** On its way to the server. */
  | 'starting'
  /** It rings at theirs. */
  | 'ringing'
  /** Answered: the two devices look for a way to each other. */
  | 'connecting'
  | 'live'
  /** The way was lost, and a new one is looked for. */
  | 'reconnecting'
  /** Why is said for a moment, or until the person has read it. */
  | 'ended';

/** How it ended. `elsewhere`: it goes on, on another device or in another tab of ours. */
export type CallEnding =
  | 'hung-up'
  | 'declined'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'elsewhere'
  | 'called-off';

/** The call that this tab is in. */
export interface CurrentCall {
  readonly peer: UserId;
  readonly name: string;
  /** We called. */
  readonly mine: boolean;
  readonly media: CallMedia;
  readonly phase: CallPhase;
  /** When it was answered, by this device's clock; null before. */
  readonly since: number | null;
  readonly ending: CallEnding | null;
  readonly error: ErrorCode | null;
}

/** A call that rings here and was not answered yet. */
export interface IncomingCall {
  readonly id: OpId;
  readonly peer: UserId;
  readonly name: string;
  readonly media: CallMedia;
}

/** A call that goes on in another tab or on another device of ours. */
export interface CallElsewhere {
  readonly peer: UserId;
  readonly name: string;
  readonly where: 'tab' | 'device';
}

export interface CallLogItem {
  readonly id: OpId;
  readonly peer: UserId;
  readonly name: string;
  readonly mine: boolean;
  readonly media: CallMedia;
  readonly status: CallStatus;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long the two spoke, in milliseconds. */
  readonly duration: number;
  /** Missed, and not looked at yet. */
  readonly fresh: boolean;
}

export type DeviceKind = 'microphone' | 'camera' | 'speaker';
export interface MediaChoice {
  readonly id: string;
  readonly label: string;
}

/** What a side lets the other hear and see. */
export interface SideMedia {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}
const SILENT: SideMedia = { microphone: false, camera: false, screen: false };

export type Quality = 'good' | 'fair' | 'poor';

/** Calls: the one of this tab, those that ring, and what has been. */
export function createCallsModel() {
  const missed = signal(0);
  const current = signal<CurrentCall | null>(null);
  return {
    current,
    incoming: signal<IncomingCall | null>(null),
    elsewhere: signal<CallElsewhere | null>(null),
    isInCall: computed(() => current.value !== null && current.value.phase !== 'ended'),

    mine: signal<SideMedia>(SILENT),
    theirs: signal<SideMedia>(SILENT),
    /** For video elements without sound: views come and go, so what is heard is played by the call itself. */
    myPicture: signal<MediaStream | null>(null),
    theirPicture: signal<MediaStream | null>(null),
    /** To show how loud somebody is, and never played; null while they can't be heard. */
    myVoice: signal<MediaStream | null>(null),
    theirVoice: signal<MediaStream | null>(null),
    /** Null while there is nothing to say of it. */
    quality: signal<Quality | null>(null),
    /** Four pictures that both see when nobody sits between; null until both devices have worked them out. */
    emoji: signal<readonly string[] | null>(null),
    /** They are others than at first: the call was interrupted. */
    emojiChanged: signal(false),
    /** Through the server's relay, so that neither side learns the other's address. */
    relayed: signal(false),

    choices: signal<Readonly<Record<DeviceKind, readonly MediaChoice[]>>>({
      microphone: [],
      camera: [],
      speaker: [],
    }),
    chosen: signal<Readonly<Record<DeviceKind, string | null>>>({
      microphone: null,
      camera: null,
      speaker: null,
    }),
    /** What this browser and machine can do. */
    can: signal({ call: false, flip: false, share: false, popOut: false, chooseSpeaker: false }),
    minimised: signal(false),
    poppedOut: signal(false),
    /** The person wants calls to go only through the relay. */
    relayOnly: signal(false),
    /** Whether the server has a relay at all; null while nobody knows. */
    hasRelay: signal<boolean | null>(null),

    /** Newest first. */
    history: signal<readonly CallLogItem[]>([]),
    historyLoaded: signal(false),
    hasMoreHistory: signal(false),
    missed,
  };
}
export type CallsModel = ReturnType<typeof createCallsModel>;
