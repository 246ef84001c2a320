import { batch } from '@preact/signals';
import { type Media, type MediaState, createMedia, listDevices } from '../calls/media.ts';
import type { Remembered } from '../calls/remembered.ts';
import { canChooseSpeaker } from '../calls/speaker.ts';
import { canPopOut } from '../calls/pop-out.ts';
import type { CallsModel } from '../models/calls.ts';
import type { Actions } from './actions.ts';
import type { Toasts } from './toasts.ts';

/** Microphone, camera and loudspeaker of the call of this tab, and which of them are chosen. */
export interface CallDevices extends Pick<
  Actions,
  'setMicrophone' | 'setCamera' | 'flipCamera' | 'shareScreen' | 'chooseDevice'
> {
  /** Rejects with MEDIA_…; the promise of one that was closed meanwhile may never matter. */
  open(want: { readonly microphone: boolean; readonly camera: boolean }): Promise<void>;
  now(): MediaState;
  /** Calls back with each change, until there are other devices or none. */
  watch(listener: (state: MediaState) => void): void;
  /** What there is to choose from, without a call. */
  look(): void;
  close(): void;
}

interface CallDevicesDeps {
  readonly model: CallsModel;
  readonly remembered: Remembered;
  readonly toasts: Toasts;
}

const NOTHING: MediaState = {
  audio: null,
  video: null,
  side: { microphone: false, camera: false, screen: false },
};

export function createCallDevices({ model, remembered, toasts }: CallDevicesDeps): CallDevices {
  const { mediaDevices } = navigator;
  let media: Media | null = null;
  let listener: ((state: MediaState) => void) | null = null;

  function changed(state: MediaState): void {
    batch(() => {
      model.mine.value = state.side;
      const shown = model.myPicture.peek()?.getVideoTracks()[0] ?? null;
      if (shown !== state.video) {
        model.myPicture.value = state.video === null ? null : new MediaStream([state.video]);
      }
      const voice = state.side.microphone ? state.audio : null;
      if ((model.myVoice.peek()?.getAudioTracks()[0] ?? null) !== voice) {
        model.myVoice.value = voice === null ? null : new MediaStream([voice]);
      }
    });
    listener?.(state);
  }

  function listed(choices: CallsModel['choices']['value'], chosen: CallsModel['chosen']['value']): void {
    batch(() => {
      model.choices.value = choices;
      model.chosen.value = chosen;
      model.can.value = {
        call: true,
        // On a desk one chooses a camera by its name.
        flip: choices.camera.length > 1 && matchMedia('(pointer: coarse)').matches,
        share: 'getDisplayMedia' in mediaDevices,
        popOut: canPopOut(),
        chooseSpeaker: canChooseSpeaker(),
      };
    });
  }

  return {
    async open(want) {
      media?.close();
      media = createMedia({
        devices: mediaDevices,
        changed,
        listed,
        chosen: remembered.chosen(),
        remember: remembered.choose,
        replaced: (kind) => toasts.show('info', { what: 'unplugged', device: kind }),
        report: toasts.report,
      });
      await media.open(want);
    },
    now: () => media?.now() ?? NOTHING,
    watch(next) {
      listener = next;
    },
    look() {
      if (media !== null || !model.can.peek().call) return;
      const chosen = remembered.chosen();
      listDevices(mediaDevices).then((choices) => listed(choices, chosen), toasts.report);
    },
    setMicrophone: (on) => media?.setMicrophone(on),
    setCamera: (on) => media?.setCamera(on),
    flipCamera: () => media?.flip(),
    shareScreen: (on) => media?.share(on),
    chooseDevice(kind, id) {
      if (media !== null) return media.choose(kind, id);
      remembered.choose(kind, id);
      model.chosen.value = { ...model.chosen.peek(), [kind]: id };
    },
    close() {
      listener = null;
      media?.close();
      media = null;
      batch(() => {
        model.mine.value = NOTHING.side;
        model.myPicture.value = null;
        model.myVoice.value = null;
      });
    },
  };
}
