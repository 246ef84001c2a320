import { useRef } from 'preact/hooks';
import type { CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { FormError } from '../parts/FormError.tsx';
import { VideoIcon } from '../parts/more-icons.tsx';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { Camera, Control, Microphone } from './Controls.tsx';
import { DevicePickers } from './DevicePickers.tsx';
import { CameraOutIcon, FlipIcon } from './icons.tsx';
import { Picture } from './Picture.tsx';
import { useLevel } from './use-level.ts';

/** How one looks and sounds, before anybody else sees and hears it. */
export function Preview(props: { call: CurrentCall }) {
  const { models, actions } = useApp();
  const { call } = props;
  const { mine, myPicture, myVoice, choices, can } = models.calls;
  const { camera } = mine.value;
  const stream = myPicture.value;
  const level = useRef<HTMLDivElement>(null);
  useLevel(level, myVoice.value);
  return (
    <div class="call-sheet">
      <h1>{sayCalls.preview.title(call.name)}</h1>
      <div class="call-mirror">
        {camera && stream !== null ? (
          <Picture stream={stream} own />
        ) : (
          <p class="call-mirror-off">
            <CameraOutIcon />
            {camera && call.error === null ? sayCalls.preview.waiting : sayCalls.preview.off}
          </p>
        )}
        <div class="call-mirror-controls">
          <Microphone />
          <Camera />
          {can.value.flip && camera && (
            <Control label={sayCalls.flip} onClick={() => actions.flipCamera()}>
              <FlipIcon />
            </Control>
          )}
        </div>
        <div ref={level} class="call-level" aria-hidden="true" />
      </div>
      <FormError code={call.error} />
      <DevicePickers choices={choices.value} />
      <div class="call-sheet-buttons">
        <button type="button" class="button" onClick={() => actions.endCall()}>
          {say.cancel}
        </button>
        <button
          type="button"
          class="button button-primary"
          disabled={call.error !== null}
          onClick={() => actions.startCall()}
        >
          <VideoIcon />
          {sayCalls.preview.start}
        </button>
      </div>
    </div>
  );
}
