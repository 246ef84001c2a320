import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ErrorCode } from '#shared/errors.ts';
import { useApp } from '../app-context.ts';
import { FormError } from '../parts/FormError.tsx';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { CameraOutIcon } from './icons.tsx';
import { Picture } from './Picture.tsx';
import { openDevices } from './try-devices.ts';
import { useLevel } from './use-level.ts';

/** Shows how one looks and sounds. The light of the camera goes off with the test. */
export function DeviceTest(props: { onOpen: () => void }) {
  const { models, announce } = useApp();
  const { microphone, camera } = models.calls.chosen.value;
  const wanted = useSignal(false);
  const stream = useSignal<MediaStream | null>(null);
  const error = useSignal<ErrorCode | null>(null);
  const opened = useRef(props.onOpen);
  opened.current = props.onOpen;
  const words = sayCalls.settings;

  useEffect(() => {
    if (!wanted.value) return;
    let here = true;
    const close = () => stream.value?.getTracks().forEach((track) => track.stop());
    const open = async () => {
      const found = await openDevices({ microphone, camera, speaker: null });
      if (typeof found === 'string') {
        wanted.value = false;
        error.value = found;
        announce(say.error(found));
        return;
      }
      if (!here) return found.getTracks().forEach((track) => track.stop());
      stream.value = found;
      opened.current();
    };
    error.value = null;
    void open();
    return () => {
      here = false;
      close();
      stream.value = null;
    };
  }, [announce, camera, error, microphone, stream, wanted, wanted.value]);

  return (
    <div class="device-test">
      {stream.value !== null && <Look stream={stream.value} />}
      <FormError code={error.value} />
      <button type="button" class="button button-soft" onClick={() => (wanted.value = !wanted.value)}>
        {wanted.value ? words.stop : words.test}
      </button>
    </div>
  );
}

function Look(props: { stream: MediaStream }) {
  const { stream } = props;
  const level = useRef<HTMLDivElement>(null);
  useLevel(level, stream);
  const hasPicture = stream.getVideoTracks().length > 0;
  return (
    <>
      <div class="call-mirror">
        {hasPicture ? (
          <Picture stream={stream} own />
        ) : (
          <p class="call-mirror-off">
            <CameraOutIcon />
            {sayCalls.settings.noCamera}
          </p>
        )}
        <div ref={level} class="call-level" aria-hidden="true" />
      </div>
      <p class="help">{sayCalls.settings.speak}</p>
    </>
  );
}
