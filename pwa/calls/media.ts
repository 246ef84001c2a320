import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { DeviceKind, MediaChoice, SideMedia } from '../models/calls.ts';
import type { Tracks } from './connection.ts';

/**
 * Microphone, camera and screen of this device. One thing after the other, and everything stops at the end, whatever
 * was under way: no light may stay on.
 */
export interface Media {
  /** Rejects with MEDIA_…; a camera that can't be had is told, and the call goes on without it. */
  open(want: { readonly microphone: boolean; readonly camera: boolean }): Promise<void>;
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  /** To the other camera of a phone. */
  flip(): void;
  share(on: boolean): void;
  choose(kind: DeviceKind, id: string): void;
  now(): MediaState;
  close(): void;
}

export interface MediaState extends Tracks {
  readonly side: SideMedia;
}

interface MediaDeps {
  readonly devices: MediaDevices;
  readonly changed: (state: MediaState) => void;
  /** What the browser lets us choose from, and what is chosen. */
  readonly listed: (choices: Choices, chosen: Chosen) => void;
  readonly chosen: Chosen;
  /** Remembers a choice. */
  readonly remember: (kind: DeviceKind, id: string) => void;
  /** The default is used instead of a device that was unplugged. */
  readonly replaced: (kind: DeviceKind) => void;
  readonly report: (error: unknown) => void;
}
export type Choices = Readonly<Record<DeviceKind, readonly MediaChoice[]>>;
export type Chosen = Readonly<Record<DeviceKind, string | null>>;

const KINDS: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
};

export function createMedia(deps: MediaDeps): Media {
  const { devices, report } = deps;
  let { chosen } = deps;
  let closed = false;
  let audio: MediaStreamTrack | null = null;
  let camera: MediaStreamTrack | null = null;
  let screen: MediaStreamTrack | null = null;
  let isMuted = false;
  /** Whether the camera comes back after the screen. */
  let cameraAfter = false;
  let facing: 'user' | 'environment' | null = null;
  let turn: Promise<void> = Promise.resolve();

  const now = (): MediaState => ({
    audio,
    video: screen ?? camera,
    side: { microphone: audio !== null && !isMuted, camera: camera !== null, screen: screen !== null },
  });
  const tell = () => {
    if (!closed) deps.changed(now());
  };

  /** What is done with devices waits for what was asked before. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    const done = turn.then(async () => {
      if (closed) return;
      try {
        await task();
      } finally {
        tell();
      }
    });
    turn = done.catch(() => {});
    return done;
  }
  const soon = (task: () => Promise<void>): void => void inTurn(task).catch(report);

  /** Nothing that is had after the end stays open. */
  async function take(constraints: MediaStreamConstraints): Promise<MediaStreamTrack[]> {
    const stream = await devices.getUserMedia(constraints).catch((error: unknown) => {
      throw mediaFailure(error);
    });
    if (!closed) return stream.getTracks();
    for (const track of stream.getTracks()) track.stop();
    return [];
  }

  const sound = (): MediaTrackConstraints => ({
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...prefer(chosen.microphone),
  });
  const picture = (): MediaTrackConstraints => ({
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    ...(facing === null ? prefer(chosen.camera) : { facingMode: { ideal: facing } }),
  });

  function holdAudio(track: MediaStreamTrack | undefined): void {
    audio?.stop();
    audio = track ?? null;
    if (track === undefined) return;
    track.enabled = !isMuted;
    track.addEventListener('ended', () => unplugged('microphone', track));
  }

  function holdCamera(track: MediaStreamTrack | undefined): void {
    camera?.stop();
    camera = track ?? null;
    track?.addEventListener('ended', () => unplugged('camera', track));
  }

  async function openCamera(): Promise<void> {
    // A phone opens no second camera while the first is open.
    holdCamera(undefined);
    holdCamera((await take({ video: picture() })).find(({ kind }) => kind === 'video'));
  }

  /** A track that ends without having been stopped: its device is gone. */
  function unplugged(kind: 'microphone' | 'camera', track: MediaStreamTrack): void {
    if (closed || (track !== audio && track !== camera)) return;
    soon(async () => {
      if (track !== audio && track !== camera) return;
      chosen = { ...chosen, [kind]: null };
      try {
        if (kind === 'camera') await openCamera();
        else holdAudio((await take({ audio: sound() }))[0]);
        deps.replaced(kind);
      } catch (error) {
        if (kind === 'camera') holdCamera(undefined);
        else holdAudio(undefined);
        throw error;
      } finally {
        await list();
      }
    });
  }

  async function list(): Promise<void> {
    const choices = await listDevices(devices);
    if (closed) return;
    const { speaker } = chosen;
    if (speaker !== null && choices.speaker.length > 0 && !choices.speaker.some(({ id }) => id === speaker)) {
      chosen = { ...chosen, speaker: null };
      deps.replaced('speaker');
    }
    deps.listed(choices, {
      microphone: audio?.getSettings().deviceId ?? chosen.microphone,
      camera: camera?.getSettings().deviceId ?? chosen.camera,
      speaker: chosen.speaker,
    });
  }

  async function openBoth(): Promise<void> {
    try {
      const tracks = await take({ audio: sound(), video: picture() });
      holdAudio(tracks.find(({ kind }) => kind === 'audio'));
      holdCamera(tracks.find(({ kind }) => kind === 'video'));
    } catch (error) {
      // One question for both is kinder than two; but one that is missing must not keep the other.
      holdAudio((await take({ audio: sound() }))[0]);
      if (!closed) report(error);
    }
  }

  function stopSharing(): void {
    screen?.stop();
    screen = null;
  }

  async function share(): Promise<void> {
    const stream = await devices
      .getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false })
      .catch((error: unknown) => {
        // The person has thought better of it.
        if (error instanceof DOMException && error.name === 'NotAllowedError') return null;
        throw mediaFailure(error);
      });
    const track = stream?.getVideoTracks()[0];
    if (track === undefined) return;
    if (closed) return track.stop();
    stopSharing();
    cameraAfter = camera !== null;
    holdCamera(undefined);
    screen = track;
    track.contentHint = 'detail';
    // The browser's own button to stop.
    track.addEventListener('ended', () => {
      if (screen === track) soon(unshare);
    });
  }

  async function unshare(): Promise<void> {
    stopSharing();
    tell();
    if (cameraAfter) await openCamera();
    cameraAfter = false;
  }

  const relist = (): void => void list().catch(report);
  devices.addEventListener('devicechange', relist);

  return {
    open: (want) =>
      inTurn(async () => {
        isMuted = !want.microphone;
        if (want.camera) await openBoth();
        else holdAudio((await take({ audio: sound() }))[0]);
        await list();
      }),
    setMicrophone(on) {
      isMuted = !on;
      if (audio !== null) audio.enabled = on;
      // One that was unplugged may be there again.
      if (on && audio === null) soon(async () => holdAudio((await take({ audio: sound() }))[0]));
      else tell();
    },
    setCamera(on) {
      soon(async () => {
        if (screen !== null) cameraAfter = on;
        else if (!on) holdCamera(undefined);
        else if (camera === null) await openCamera();
        await list();
      });
    },
    flip() {
      soon(async () => {
        facing = (camera?.getSettings().facingMode ?? facing) === 'environment' ? 'user' : 'environment';
        if (camera !== null) await openCamera();
      });
    },
    share: (on) => soon(on ? share : unshare),
    choose(kind, id) {
      chosen = { ...chosen, [kind]: id };
      deps.remember(kind, id);
      soon(async () => {
        if (kind === 'microphone' && audio !== null) holdAudio((await take({ audio: sound() }))[0]);
        if (kind === 'camera') facing = null;
        if (kind === 'camera' && camera !== null) await openCamera();
        await list();
      });
    },
    now,
    close() {
      closed = true;
      devices.removeEventListener('devicechange', relist);
      for (const track of [audio, camera, screen]) track?.stop();
      [audio, camera, screen] = [null, null, null];
    },
  };
}

/** Those that the browser lets us choose from; none before it was allowed to use one. */
export async function listDevices(devices: Pick<MediaDevices, 'enumerateDevices'>): Promise<Choices> {
  const choices: Record<DeviceKind, MediaChoice[]> = { microphone: [], camera: [], speaker: [] };
  for (const { kind, deviceId: id, label } of await devices.enumerateDevices()) {
    // Without a permission they have no names; "default" and "communications" stand for others in the list.
    if (id === '' || id === 'default' || id === 'communications') continue;
    choices[KINDS[kind]].push({ id, label });
  }
  return choices;
}

/** Ideal and not exact: a device that is not there any more is replaced by the default. */
const prefer = (id: string | null): MediaTrackConstraints => (id === null ? {} : { deviceId: { ideal: id } });

/** W3C Media Capture and Streams, §10.2: the errors of getUserMedia, as sentences that a person can act on. */
function mediaFailure(error: unknown): Failure {
  const name = error instanceof DOMException ? error.name : '';
  return new Failure(CODES[name] ?? 'MEDIA_MISSING', name, error);
}
const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: 'MEDIA_DENIED',
  SecurityError: 'MEDIA_DENIED',
  NotFoundError: 'MEDIA_MISSING',
  OverconstrainedError: 'MEDIA_MISSING',
  NotReadableError: 'MEDIA_BUSY',
  AbortError: 'MEDIA_BUSY',
};
