import { equalBytes } from '#shared/bytes.ts';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { SignalBody } from '#shared/schema/signal.ts';
import type { Timers } from '#sync/client/ports.ts';
import { fingerprintIn } from './emoji.ts';

/**
 * One RTCPeerConnection, with perfect negotiation (W3C WebRTC 1.0, §10.7). It has one line for sound and one for a
 * picture from the first offer to the end, both ways: what is shown changes by `replaceTrack` alone, so that nothing is
 * negotiated again but the way itself.
 */
export interface Connection {
  /** Makes the first offer, which is the impolite side's. */
  offer(): void;
  /** Resolves when it is done with, or the connection is closed. */
  hear(body: WayBody): Promise<void>;
  /** What the other side hears and sees from now on. */
  send(tracks: Tracks): void;
  /** Says again what may have got lost. */
  repeat(): void;
  /** The network came back, maybe another one: looks for a new way at once. */
  restart(): void;
  /** SHA-256 of the certificates; null before they are known. */
  ours(): Bytes | null;
  theirs(): Bytes | null;
  stats(): Promise<RTCStatsReport>;
  close(): void;
}
export type WayBody = Extract<SignalBody, { kind: 'description' | 'candidate' }>;

export interface Tracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
}

export interface ConnectionDeps {
  readonly polite: boolean;
  readonly relayOnly: boolean;
  /** What there is at first, and what there is later: credentials of a relay end. */
  readonly servers: readonly RTCIceServer[];
  readonly freshServers: () => Promise<readonly RTCIceServer[]>;
  readonly tracks: Tracks;
  readonly timers: Timers;
  readonly say: (body: WayBody | { readonly kind: 'rejoin' }) => void;
  /** Our side is described: `ours` is known. */
  readonly described: () => void;
  readonly connected: () => void;
  readonly lost: () => void;
  /** Nothing comes of it any more. */
  readonly broken: (error: ErrorCode) => void;
  /** The tracks of the other side, once. */
  readonly received: (tracks: Tracks) => void;
  /** Told of what the connection works around by itself. */
  readonly note: (what: string, error: unknown) => void;
}

/** A disconnected way often comes back by itself. */
const PATIENCE_MS = 2_000;
const AGAIN_MS = 5_000;

interface Lines {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver | undefined;
}

export function createConnection(deps: ConnectionDeps): Connection {
  const { polite, say, timers, note } = deps;
  const peer = new RTCPeerConnection({
    iceServers: [...deps.servers],
    iceTransportPolicy: deps.relayOnly ? 'relay' : 'all',
    bundlePolicy: 'max-bundle',
    rtcpMuxPolicy: 'require',
  });
  let { tracks } = deps;
  let lines: Lines | null = null;
  let closed = false;
  let makingOffer = false;
  let ignoringOffer = false;
  let settingAnswer = false;
  let ours: Bytes | null = null;
  let theirs: Bytes | null = null;
  let cancelHeal = () => {};
  let leave = () => {};
  /** Nothing that a connection was doing when it was closed ever settles (W3C WebRTC 1.0, §4.4.1.2). */
  const gone = new Promise<void>((resolve) => {
    leave = resolve;
  });

  function sayDescription(): void {
    const description = peer.localDescription;
    if (closed || description === null) return;
    const { type, sdp } = description;
    if (type === 'offer' || type === 'answer') say({ kind: 'description', description: { type, sdp } });
  }

  /** The certificate that one side names first is the one it has to the end. */
  function sameCertificate(before: Bytes | null, sdp: string): Bytes {
    const now = fingerprintIn(sdp);
    if (now === null || (before !== null && !equalBytes(before, now))) {
      throw new Failure('CALL_TAMPERED', 'fingerprint');
    }
    return now;
  }

  /** Sets the description that the state calls for, and says it. */
  async function describe(): Promise<void> {
    await peer.setLocalDescription();
    if (closed || peer.localDescription === null) return;
    ours = sameCertificate(ours, peer.localDescription.sdp);
    sayDescription();
    deps.described();
  }

  function hold(found: Lines): void {
    lines = found;
    put();
    deps.received({ audio: found.audio.receiver.track, video: found.video?.receiver.track ?? null });
  }

  function put(): void {
    if (lines === null) return;
    lines.audio.sender.replaceTrack(tracks.audio).catch(failed);
    lines.video?.sender.replaceTrack(tracks.video).catch(failed);
  }

  /** The callee takes the lines that the first offer has made. */
  function takeLines(): void {
    if (lines !== null) return;
    const all = peer.getTransceivers();
    const audio = all.find(({ receiver }) => receiver.track.kind === 'audio');
    if (audio === undefined) throw new Failure('CALL_NO_CODEC', 'no line for sound');
    const video = all.find(({ receiver }) => receiver.track.kind === 'video');
    for (const line of [audio, video]) if (line !== undefined) line.direction = 'sendrecv';
    hold({ audio, video });
  }

  /** A line without a codec in common is turned down in the answer. */
  function mustHaveSound(): void {
    if (peer.signalingState !== 'stable') return;
    const direction = lines?.audio.currentDirection ?? 'inactive';
    if (direction === 'inactive' || direction === 'stopped') throw new Failure('CALL_NO_CODEC');
  }

  async function hearDescription(description: RTCSessionDescriptionInit & { sdp: string }): Promise<void> {
    const isOffer = description.type === 'offer';
    const isReady = !makingOffer && (peer.signalingState === 'stable' || settingAnswer);
    ignoringOffer = isOffer && !isReady && !polite;
    if (ignoringOffer) return;
    // An answer that came twice.
    if (!isOffer && peer.signalingState !== 'have-local-offer') return;
    theirs = sameCertificate(theirs, description.sdp);
    settingAnswer = !isOffer;
    try {
      await peer.setRemoteDescription(description);
    } finally {
      settingAnswer = false;
    }
    if (closed) return;
    if (isOffer) {
      takeLines();
      await describe();
    }
    if (!closed) mustHaveSound();
  }

  async function hear(body: WayBody): Promise<void> {
    try {
      if (body.kind === 'description') return await hearDescription(body.description);
      // What was found before a description that got lost comes again inside it.
      if (body.candidate !== null && peer.remoteDescription !== null) {
        await peer.addIceCandidate(body.candidate);
      }
    } catch (error) {
      if (body.kind === 'candidate' && ignoringOffer) return;
      const isFirst = body.kind === 'description' && peer.remoteDescription === null;
      const unreadable = isFirst && !(error instanceof Failure);
      failed(unreadable ? new Failure('CALL_NO_CODEC', 'description', error) : error);
    }
  }

  /** A Failure ends the call; anything else may be mended by a new way, unless there never was one. */
  function failed(error: unknown): void {
    if (closed) return;
    if (error instanceof Failure) deps.broken(error.code);
    else note('a step of the connection failed', error);
  }

  function healIn(ms: number): void {
    cancelHeal();
    cancelHeal = timers.after(ms, heal);
  }

  function heal(): void {
    if (closed || peer.connectionState === 'connected') return;
    healIn(AGAIN_MS);
    if (peer.signalingState === 'have-local-offer') sayDescription();
    else if (peer.remoteDescription === null) {
      if (polite) say({ kind: 'rejoin' });
    } else if (peer.connectionState === 'failed' || peer.connectionState === 'disconnected') renew();
  }

  function renew(): void {
    deps
      .freshServers()
      .then((iceServers) => {
        if (!closed) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: [...iceServers] });
      })
      .catch((error: unknown) => note('no new credentials of a relay', error))
      .finally(() => {
        if (!closed) peer.restartIce();
      });
  }

  peer.addEventListener('negotiationneeded', () => {
    makingOffer = true;
    describe()
      .catch(failed)
      .finally(() => {
        makingOffer = false;
      });
  });
  peer.addEventListener('icecandidate', ({ candidate }) => {
    // Empty ones only say that there are no more.
    if (closed || candidate === null || candidate.candidate === '') return;
    const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
    say({ kind: 'candidate', candidate: { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } });
  });
  peer.addEventListener('connectionstatechange', () => {
    if (closed) return;
    switch (peer.connectionState) {
      case 'connected':
        cancelHeal();
        return deps.connected();
      case 'disconnected':
        healIn(PATIENCE_MS);
        return deps.lost();
      case 'failed':
        healIn(0);
        return deps.lost();
      default:
    }
  });
  healIn(AGAIN_MS);

  return {
    offer() {
      const make = (kind: 'audio' | 'video') => peer.addTransceiver(kind, { direction: 'sendrecv' });
      hold({ audio: make('audio'), video: make('video') });
    },
    hear: async (body) => (closed ? undefined : Promise.race([hear(body), gone])),
    send(next) {
      tracks = next;
      put();
    },
    repeat() {
      if (peer.signalingState === 'have-local-offer') sayDescription();
    },
    restart() {
      if (closed || peer.remoteDescription === null) return;
      if (peer.signalingState === 'have-local-offer') sayDescription();
      else renew();
      if (peer.connectionState !== 'connected') healIn(AGAIN_MS);
    },
    ours: () => ours,
    theirs: () => theirs,
    stats: () => peer.getStats(),
    close() {
      if (closed) return;
      closed = true;
      cancelHeal();
      leave();
      peer.close();
    },
  };
}
