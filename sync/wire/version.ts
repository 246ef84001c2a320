/** The wire versions that this code speaks, oldest and newest. The server picks the highest in common. */
export const VERSIONS: readonly [oldest: number, newest: number] = [1, 1];

/** The subprotocol that names this wire in the WebSocket handshake. */
export const SUBPROTOCOL = 'nexchat.v1';

/** The largest frame either side accepts, in bytes. */
export const MAX_FRAME = 1_048_576;

/** The largest body of an exchange over HTTP, in bytes, either way. */
export const MAX_EXCHANGE = 8_388_608;

/** The highest version that both ranges hold, or undefined. */
export function negotiate(theirs: readonly [number, number], ours = VERSIONS): number | undefined {
  const version = Math.min(theirs[1], ours[1]);
  return version >= Math.max(theirs[0], ours[0]) ? version : undefined;
}
