import type { Look } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { saySettings } from '../strings/settings.ts';

const LOOKS: readonly Look[] = ['calm', 'opaque', 'contrast'];

/** What makes the app easier to see for somebody. What the system asks for holds without it. */
export function Looks() {
  const { models, actions } = useApp();
  return (
    <fieldset class="choices">
      <legend>{saySettings.looksLegend}</legend>
      {LOOKS.map((look) => (
        <label key={look} class="choice">
          <input
            type="checkbox"
            checked={models.shell.looks.value.has(look)}
            onChange={({ currentTarget }) => actions.setLook(look, currentTarget.checked)}
          />
          {saySettings.looks[look]}
        </label>
      ))}
      <p class="help">{saySettings.looksHelp}</p>
    </fieldset>
  );
}
