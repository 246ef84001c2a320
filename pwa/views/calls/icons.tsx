import CameraRotate from '~icons/ph/camera-rotate';
import ArrowsInSimple from '~icons/ph/arrows-in-simple';
import ArrowsOutSimple from '~icons/ph/arrows-out-simple';
import Microphone from '~icons/ph/microphone-fill';
import MicrophoneSlash from '~icons/ph/microphone-slash-fill';
import PhoneDisconnect from '~icons/ph/phone-disconnect-fill';
import PictureInPicture from '~icons/ph/picture-in-picture';
import Screencast from '~icons/ph/screencast';
import SlidersHorizontal from '~icons/ph/sliders-horizontal';
import VideoCamera from '~icons/ph/video-camera-fill';
import VideoCameraSlash from '~icons/ph/video-camera-slash-fill';
import { icon } from '../parts/icons.tsx';

/** What only a call shows. */
export const CameraOnIcon = icon(VideoCamera);
export const CameraOutIcon = icon(VideoCameraSlash);
export const EndCallIcon = icon(PhoneDisconnect);
export const FlipIcon = icon(CameraRotate);
export const MaximiseIcon = icon(ArrowsOutSimple);
export const MinimiseIcon = icon(ArrowsInSimple);
export const MicrophoneIcon = icon(Microphone);
export const MutedIcon = icon(MicrophoneSlash);
export const PickersIcon = icon(SlidersHorizontal);
export const PopOutIcon = icon(PictureInPicture);
export const ShareIcon = icon(Screencast);
