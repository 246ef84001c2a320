import { useSignal } from '@preact/signals';
import type { Theme } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { Fingerprint } from '../parts/Fingerprint.tsx';
import { DarkIcon, InstallIcon, LightIcon, LogOutIcon, SystemIcon } from '../parts/more-icons.tsx';
import { saySettings } from '../strings/settings.ts';
import { LanguageField } from './LanguageField.tsx';
import { Looks } from './Looks.tsx';
import { LogOutDialog } from './LogOutDialog.tsx';
import { OwnLink } from './OwnLink.tsx';
import { Space } from './Space.tsx';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const THEME_ICONS = { system: SystemIcon, light: LightIcon, dark: DarkIcon } as const;

/** How the app looks, who one is to others, and this device. */
export function General() {
  const { models, actions } = useApp();
  const { session, shell } = models;
  const leaving = useSignal(false);
  const me = session.me.value;
  return (
    <>
      <section class="card card-padded">
        <h2>{saySettings.appearance}</h2>
        <fieldset class="segments segments-radio">
          <legend class="visually-hidden">{saySettings.theme}</legend>
          {THEMES.map((theme) => {
            const Icon = THEME_ICONS[theme];
            return (
              <label key={theme}>
                <input
                  type="radio"
                  name="theme"
                  checked={shell.theme.value === theme}
                  onChange={() => actions.setTheme(theme)}
                />
                <Icon />
                {saySettings.themes[theme]}
              </label>
            );
          })}
        </fieldset>
        <LanguageField />
        <Looks />
      </section>

      {me !== null && <OwnLink name={me.name} />}
      {me !== null && (
        <section class="card card-padded">
          <h2>{saySettings.yourFingerprint}</h2>
          <Fingerprint value={me.fingerprint} />
          <p class="help">{saySettings.fingerprintHelp}</p>
        </section>
      )}

      <section class="card card-padded">
        <h2>{saySettings.device}</h2>
        <p class="help">{saySettings.storage}</p>
        <Space />
        {shell.installing.value !== null && (
          <div class="setting">
            <p class="help">{saySettings.installHelp}</p>
            {shell.installing.value === 'offered' ? (
              <button type="button" class="button button-soft" onClick={() => actions.install()}>
                <InstallIcon />
                {saySettings.install}
              </button>
            ) : (
              <p class="help">{saySettings.installByHand}</p>
            )}
          </div>
        )}
        <div class="setting">
          <p class="help">{saySettings.logOut.help}</p>
          <button type="button" class="button button-danger-soft" onClick={() => (leaving.value = true)}>
            <LogOutIcon />
            {saySettings.logOut.act}
          </button>
        </div>
      </section>
      {leaving.value && <LogOutDialog onClose={() => (leaving.value = false)} />}
    </>
  );
}
