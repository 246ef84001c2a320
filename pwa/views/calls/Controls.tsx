import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { sayCalls } from '../strings/calls.ts';
import { DevicePickers } from './DevicePickers.tsx';
import {
  CameraOnIcon,
  CameraOutIcon,
  EndCallIcon,
  FlipIcon,
  MicrophoneIcon,
  MutedIcon,
  PickersIcon,
  PopOutIcon,
  ShareIcon,
} from './icons.tsx';

/** What one does during a call, at the bottom of its screen. */
export function Controls(props: { answered: boolean }) {
  const { models, actions } = useApp();
  const { mine, theirs, can, poppedOut, choices } = models.calls;
  const { camera, screen } = mine.value;
  const { flip, share, popOut } = can.value;
  const seen = theirs.value.camera || theirs.value.screen;
  const devices = useId();
  return (
    <div class="call-controls" role="group" aria-label={sayCalls.controls}>
      <Microphone />
      <Camera />
      {flip && camera && (
        <Control label={sayCalls.flip} onClick={() => actions.flipCamera()}>
          <FlipIcon />
        </Control>
      )}
      {share && props.answered && (
        <Control
          label={screen ? sayCalls.unshare : sayCalls.share}
          state={screen ? 'active' : undefined}
          onClick={() => actions.shareScreen(!screen)}
        >
          <ShareIcon />
        </Control>
      )}
      <Control label={sayCalls.devices} popover={devices}>
        <PickersIcon />
      </Control>
      <div id={devices} class="call-popover" popover="auto" role="group" aria-label={sayCalls.devices}>
        <DevicePickers choices={choices.value} />
      </div>
      {popOut && seen && !poppedOut.value && (
        <Control label={sayCalls.popOut} onClick={() => actions.popOut()}>
          <PopOutIcon />
        </Control>
      )}
      <Control
        label={props.answered ? sayCalls.end : sayCalls.callOff}
        state="end"
        onClick={() => actions.endCall()}
      >
        <EndCallIcon />
      </Control>
    </div>
  );
}

/** On or off; the letter M does the same on the call's screen. Neither, until it was opened for a new call. */
export function Microphone() {
  const { models, actions } = useApp();
  const { mine, current, minimised } = models.calls;
  const { microphone } = mine.value;
  const opened = useRef(false);
  opened.current ||= microphone;
  if (current.value?.phase === 'starting' && !opened.current) {
    return (
      <Control label={sayCalls.device.microphone} disabled>
        <MicrophoneIcon />
      </Control>
    );
  }
  return (
    <Control
      label={microphone ? sayCalls.mute : sayCalls.unmute}
      keys={minimised.value ? undefined : 'M'}
      state={microphone ? undefined : 'off'}
      onClick={() => actions.setMicrophone(!microphone)}
    >
      {microphone ? <MicrophoneIcon /> : <MutedIcon />}
    </Control>
  );
}

/** On or off; the letter V does the same on the call's screen. */
export function Camera() {
  const { models, actions } = useApp();
  const { camera } = models.calls.mine.value;
  return (
    <Control
      label={camera ? sayCalls.cameraOff : sayCalls.cameraOn}
      keys="V"
      state={camera ? undefined : 'off'}
      onClick={() => actions.setCamera(!camera)}
    >
      {camera ? <CameraOnIcon /> : <CameraOutIcon />}
    </Control>
  );
}

interface ControlProps {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly state?: 'off' | 'active' | 'end' | undefined;
  readonly popover?: string;
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

export function Control(props: ControlProps) {
  const { label, keys } = props;
  return (
    <button
      type="button"
      class="call-control"
      data-state={props.state}
      aria-label={label}
      aria-keyshortcuts={keys}
      title={keys === undefined ? label : `${label} (${keys})`}
      popovertarget={props.popover}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
