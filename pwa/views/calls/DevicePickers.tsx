import { useId } from 'preact/hooks';
import type { DeviceKind, MediaChoice } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { sayCalls } from '../strings/calls.ts';

type Choices = Readonly<Record<DeviceKind, readonly MediaChoice[]>>;

/** Which microphone, camera and speaker a call uses. The speaker only where the browser lets one choose. */
export function DevicePickers(props: { choices: Choices; kinds?: readonly DeviceKind[] }) {
  const { calls } = useApp().models;
  const kinds = props.kinds ?? ['microphone', 'camera', 'speaker'];
  return (
    <div class="pickers">
      {kinds
        .filter((kind) => kind !== 'speaker' || calls.can.value.chooseSpeaker)
        .map((kind) => (
          <Picker key={kind} kind={kind} choices={props.choices[kind]} />
        ))}
    </div>
  );
}

function Picker(props: { kind: DeviceKind; choices: readonly MediaChoice[] }) {
  const { models, actions } = useApp();
  const { kind, choices } = props;
  const id = useId();
  const chosen = models.calls.chosen.value[kind];
  const known = choices.some((choice) => choice.id === chosen);
  return (
    <div class="field">
      <label for={id}>{sayCalls.device[kind]}</label>
      <span class="select">
        <select
          id={id}
          disabled={choices.length === 0}
          onChange={(event) => actions.chooseDevice(kind, event.currentTarget.value)}
        >
          <option value="" selected={!known}>
            {sayCalls.defaultDevice}
          </option>
          {choices.map((choice) => (
            <option key={choice.id} value={choice.id} selected={choice.id === chosen}>
              {choice.label}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
