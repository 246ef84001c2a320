import type { ComponentType } from 'preact';
import type { SettingsSection } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { CallSettings } from '../calls/CallSettings.tsx';
import { BackIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { saySettings } from '../strings/settings.ts';
import { useMedia, WIDE } from '../use-media.ts';
import { About } from './About.tsx';
import { Blocked } from './Blocked.tsx';
import { Data } from './Data.tsx';
import { Devices } from './Devices.tsx';
import { General } from './General.tsx';
import { AppLock } from './AppLock.tsx';
import { Notices } from './Notices.tsx';
import { Password } from './Password.tsx';
import { Recovery } from './Recovery.tsx';
import { SectionList } from './SectionList.tsx';

const SECTIONS: Readonly<Record<SettingsSection, ComponentType>> = {
  notices: Notices,
  calls: CallSettings,
  devices: Devices,
  password: Password,
  recovery: Recovery,
  lock: AppLock,
  blocked: Blocked,
  data: Data,
  about: About,
};

/** What a person can set, and what they may want to know: a list, and beside it or in its place one section. */
export function Settings(props: { section: SettingsSection | null }) {
  const { section } = props;
  const wide = useMedia(WIDE).value;
  return (
    <>
      {(wide || section === null) && (
        <SectionList open={section} wide={wide}>
          {!wide && <General />}
        </SectionList>
      )}
      {(wide || section !== null) && <SectionPane key={section} section={section} wide={wide} />}
    </>
  );
}

function SectionPane(props: { section: SettingsSection | null; wide: boolean }) {
  const { actions } = useApp();
  const { section, wide } = props;
  const title = section === null ? saySettings.general : saySettings.sections[section];
  const Section = section === null ? General : SECTIONS[section];
  return (
    <section class="pane section-pane" aria-label={title}>
      <header class="panel-header glass">
        {!wide && (
          <button type="button" class="icon-button" aria-label={say.back} onClick={() => actions.back()}>
            <BackIcon />
          </button>
        )}
        <h1 data-heading tabIndex={-1}>
          {title}
        </h1>
      </header>
      <div class="pane-scroll">
        <div class="column">
          <Section />
        </div>
      </div>
    </section>
  );
}
