import type { ErrorCode } from '#shared/errors.ts';
import type { CallsModel, DeviceKind, MediaChoice } from '../../models/calls.ts';

export type Choices = Record<DeviceKind, readonly MediaChoice[]>;
type Chosen = CallsModel['chosen']['value'];

const KINDS = { audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker' } as const;

/** Microphone and camera for a look at oneself; the microphone alone where there is no camera. */
export async function openDevices({ microphone, camera }: Chosen): Promise<MediaStream | ErrorCode> {
  // Without a secure address the browser knows of no devices.
  if (!('mediaDevices' in navigator)) return 'CALL_UNSUPPORTED';
  const audio = microphone === null ? true : { deviceId: microphone };
  const video = camera === null ? true : { deviceId: camera };
  const withCamera = await ask({ audio, video });
  return withCamera === 'MEDIA_MISSING' ? ask({ audio }) : withCamera;
}

async function ask(wanted: MediaStreamConstraints): Promise<MediaStream | ErrorCode> {
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === 'NotAllowedError') return 'MEDIA_DENIED';
    return error.name === 'NotFoundError' || error.name === 'OverconstrainedError'
      ? 'MEDIA_MISSING'
      : 'MEDIA_BUSY';
  }
}

/** These stand for others in the list. */
const STAND_INS = new Set(['default', 'communications']);

/** What is plugged in. Browsers name nothing before the person has allowed something once. */
export async function listDevices(): Promise<Choices> {
  const choices: Choices = { microphone: [], camera: [], speaker: [] };
  if (!('mediaDevices' in navigator)) return choices;
  for (const { kind, deviceId, label } of await navigator.mediaDevices.enumerateDevices()) {
    if (label === '' || STAND_INS.has(deviceId)) continue;
    choices[KINDS[kind]] = [...choices[KINDS[kind]], { id: deviceId, label }];
  }
  return choices;
}
