import { createAccountModel } from './account.ts';
import { createCallsModel } from './calls.ts';
import { createConversationsModel } from './conversations.ts';
import { createNoticesModel } from './notices.ts';
import { createPeopleModel } from './people.ts';
import { createSearchModel } from './search.ts';
import { createSessionModel } from './session.ts';
import { createShellModel } from './shell.ts';
import { createStatusModel } from './status.ts';
import { createTimelineModel } from './timeline.ts';

/** Everything the views can see. Pure state: no DOM, no database, no network. */
export function createModels() {
  return {
    session: createSessionModel(),
    account: createAccountModel(),
    status: createStatusModel(),
    people: createPeopleModel(),
    conversations: createConversationsModel(),
    timeline: createTimelineModel(),
    search: createSearchModel(),
    calls: createCallsModel(),
    notices: createNoticesModel(),
    shell: createShellModel(),
  };
}
export type Models = ReturnType<typeof createModels>;
