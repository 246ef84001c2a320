import type { EntryStage } from '../../models/session.ts';
import { sayDoor } from '../strings/door.ts';

const ORDER: readonly EntryStage[] = ['deriving', 'contacting', 'opening', 'storing'];

/** How far letting somebody in has got: four steps and the words for the present one. */
export function EntryStages(props: { stage: EntryStage | null }) {
  const reached = props.stage === null ? 0 : ORDER.indexOf(props.stage);
  return (
    <div class="stages">
      <ol aria-hidden="true">
        {ORDER.map((stage, index) => (
          <li key={stage} data-state={index < reached ? 'done' : index === reached ? 'now' : 'later'}>
            {sayDoor.stageShort[stage]}
          </li>
        ))}
      </ol>
      <p>{sayDoor.stage[props.stage ?? 'deriving']}</p>
    </div>
  );
}
