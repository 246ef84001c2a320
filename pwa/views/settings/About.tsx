import { BrandMark } from '../parts/BrandMark.tsx';
import { say } from '../strings.ts';
import { saySettings } from '../strings/settings.ts';

/** What this is, which version of it, and under which terms. */
export function About() {
  const words = saySettings.about;
  return (
    <section class="card card-padded about">
      <div class="me">
        <BrandMark />
        <h2>{say.app}</h2>
      </div>
      <p class="help">{words.text}</p>
      <dl class="facts">
        <dt>{words.version}</dt>
        <dd>{import.meta.env.APP_VERSION}</dd>
        <dt>{words.licence}</dt>
        <dd>{words.mit}</dd>
      </dl>
      <p class="help">{words.parts}</p>
    </section>
  );
}
