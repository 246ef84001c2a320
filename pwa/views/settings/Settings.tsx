import { useSignal } from '@preact/signals';
import type { Theme } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Fingerprint } from '../parts/Fingerprint.tsx';
import { DarkIcon, InstallIcon, LightIcon, LogOutIcon, SystemIcon } from '../parts/icons.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { say } from '../strings.ts';
import { LogOutDialog } from './LogOutDialog.tsx';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const THEME_ICONS = { system: SystemIcon, light: LightIcon, dark: DarkIcon } as const;

/** What a person can set, and what they may want to know. */
export function Settings() {
  const { models, actions } = useApp();
  const { session, shell } = models;
  const leaving = useSignal(false);
  const me = session.me.value;
  return (
    <section class="pane panel" aria-label={say.settings.title}>
      <PanelHeader title={say.settings.title} />
      <div class="pane-scroll">
        <div class="column">
          {me !== null && (
            <section class="card card-padded">
              <div class="me">
                <Avatar name={me.name} size="large" />
                <h2>
                  <bdi>{me.name}</bdi>
                </h2>
              </div>
              <h3>{say.settings.yourFingerprint}</h3>
              <Fingerprint value={me.fingerprint} />
              <p class="help">{say.settings.fingerprintHelp}</p>
            </section>
          )}

          <section class="card card-padded">
            <h2>{say.settings.appearance}</h2>
            <fieldset class="segments segments-radio">
              <legend class="visually-hidden">{say.settings.theme}</legend>
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
                    {say.settings.themes[theme]}
                  </label>
                );
              })}
            </fieldset>
          </section>

          <section class="card card-padded">
            <h2>{say.settings.device}</h2>
            <p class="help">{say.settings.storage}</p>
            {shell.installable.value && (
              <div class="setting">
                <p class="help">{say.settings.installHelp}</p>
                <button type="button" class="button button-soft" onClick={() => actions.install()}>
                  <InstallIcon />
                  {say.settings.install}
                </button>
              </div>
            )}
            <div class="setting">
              <p class="help">{say.settings.logOutHelp}</p>
              <button type="button" class="button button-danger-soft" onClick={() => (leaving.value = true)}>
                <LogOutIcon />
                {say.settings.logOut}
              </button>
            </div>
          </section>

          <section class="card card-padded">
            <h2>{say.settings.about}</h2>
            <p class="help">{say.settings.aboutText}</p>
          </section>
        </div>
      </div>
      {leaving.value && <LogOutDialog onClose={() => (leaving.value = false)} />}
    </section>
  );
}
