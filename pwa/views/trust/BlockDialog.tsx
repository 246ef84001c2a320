import { useApp } from '../app-context.ts';
import type { Friend } from '../chats/use-friend.ts';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { sayTrust } from '../strings/trust.ts';

/** Says what blocking does before it is done. */
export function BlockDialog(props: { friend: Friend; onClose: () => void }) {
  const { actions } = useApp();
  const { friend, onClose } = props;
  return (
    <ConfirmDialog
      title={sayTrust.blocking.title(friend.name)}
      body={sayTrust.blocking.body}
      confirm={sayTrust.blocking.confirm}
      act={() => actions.blockPerson(friend.id)}
      onClose={onClose}
      danger
    />
  );
}
