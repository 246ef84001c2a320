import type { CallActions } from '../controllers/calls-work.ts';
import type { CurrentCall } from '../models/calls.ts';
import type { Models } from '../models/models.ts';
import { EVENING, fakePicture, fakeScreen } from './fake-picture.ts';

/** What a person does with calls; nobody answers by themselves. */
export function createFakeCalls(models: Models, record: (call: string) => void): CallActions {
  const { calls, people } = models;
  const change = (patch: Partial<CurrentCall>) => {
    if (calls.current.value !== null) calls.current.value = { ...calls.current.value, ...patch };
  };
  const mine = (patch: Partial<(typeof calls.mine)['value']>) => {
    calls.mine.value = { ...calls.mine.value, ...patch };
  };
  return {
    call(peer, media) {
      record(`call ${media}`);
      calls.minimised.value = false;
      mine({ microphone: true, camera: media === 'video', screen: false });
      calls.myPicture.value = media === 'video' ? fakePicture(EVENING, 640, 480) : null;
      calls.current.value = {
        peer,
        name: people.contactsById.value.get(peer)?.name ?? peer,
        mine: true,
        media,
        phase: media === 'video' ? 'preview' : 'ringing',
        since: null,
        ending: null,
        error: null,
      };
    },
    startCall() {
      record('startCall');
      change({ phase: 'ringing' });
    },
    answerCall(media) {
      record(`answerCall ${media}`);
      const { value } = calls.incoming;
      if (value === null) return;
      const { peer, name } = value;
      calls.incoming.value = null;
      calls.minimised.value = false;
      mine({ microphone: true, camera: media === 'video', screen: false });
      calls.current.value = {
        peer,
        name,
        mine: false,
        media: value.media,
        phase: 'connecting',
        since: Date.now(),
        ending: null,
        error: null,
      };
    },
    declineCall() {
      record('declineCall');
      calls.incoming.value = null;
    },
    endCall() {
      record('endCall');
      if (calls.current.value?.phase === 'preview') calls.current.value = null;
      else change({ phase: 'ended', ending: 'hung-up' });
    },
    endCallElsewhere() {
      record('endCallElsewhere');
      calls.elsewhere.value = null;
    },
    dismissCall() {
      record('dismissCall');
      calls.current.value = null;
    },
    setMicrophone(on) {
      record(`setMicrophone ${on}`);
      mine({ microphone: on });
    },
    setCamera(on) {
      record(`setCamera ${on}`);
      mine({ camera: on });
    },
    flipCamera: () => record('flipCamera'),
    shareScreen(on) {
      record(`shareScreen ${on}`);
      if (on) calls.myPicture.value = fakeScreen();
      mine({ screen: on });
    },
    chooseDevice(kind, id) {
      record(`chooseDevice ${kind} ${id}`);
      calls.chosen.value = { ...calls.chosen.value, [kind]: id };
    },
    popOut() {
      record('popOut');
      calls.poppedOut.value = true;
    },
    setCallMinimised(minimised) {
      record(`setCallMinimised ${minimised}`);
      calls.minimised.value = minimised;
    },
    setRelayOnly(on) {
      record(`setRelayOnly ${on}`);
      calls.relayOnly.value = on;
    },
    loadMoreCalls: () => record('loadMoreCalls'),
  };
}
