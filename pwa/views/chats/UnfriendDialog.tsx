import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { sayChat } from '../strings/chat.ts';
import type { Friend } from './use-friend.ts';

/** Says what ends before it ends. */
export function UnfriendDialog(props: { friend: Friend; onClose: () => void }) {
  const { actions } = useApp();
  const { friend, onClose } = props;
  return (
    <ConfirmDialog
      title={sayChat.unfriend.title(friend.name)}
      body={sayChat.unfriend.body}
      confirm={sayChat.unfriend.confirm}
      act={() => actions.removeFriend(friend.id)}
      onClose={onClose}
      danger
    />
  );
}
