import type { ComponentChild, SVGAttributes } from 'preact';
import ArrowDown from '~icons/ph/arrow-down';
import ArrowLeft from '~icons/ph/arrow-left';
import ArrowsClockwise from '~icons/ph/arrows-clockwise';
import ChatsCircle from '~icons/ph/chats-circle';
import ChatsCircleFill from '~icons/ph/chats-circle-fill';
import Check from '~icons/ph/check-bold';
import CheckCircle from '~icons/ph/check-circle-fill';
import Clock from '~icons/ph/clock';
import CloudSlash from '~icons/ph/cloud-slash';
import DotsThreeVertical from '~icons/ph/dots-three-vertical-bold';
import DownloadSimple from '~icons/ph/download-simple';
import Eye from '~icons/ph/eye';
import EyeSlash from '~icons/ph/eye-slash';
import Fingerprint from '~icons/ph/fingerprint';
import GearSix from '~icons/ph/gear-six';
import GearSixFill from '~icons/ph/gear-six-fill';
import Info from '~icons/ph/info-fill';
import LockKey from '~icons/ph/lock-key';
import LockSimple from '~icons/ph/lock-simple-fill';
import MagnifyingGlass from '~icons/ph/magnifying-glass';
import Monitor from '~icons/ph/monitor';
import Moon from '~icons/ph/moon';
import PaperPlaneRight from '~icons/ph/paper-plane-right-fill';
import SidebarSimple from '~icons/ph/sidebar-simple';
import SignOut from '~icons/ph/sign-out';
import Sun from '~icons/ph/sun';
import UserMinus from '~icons/ph/user-minus';
import UserPlus from '~icons/ph/user-plus';
import UserPlusFill from '~icons/ph/user-plus-fill';
import UsersThree from '~icons/ph/users-three';
import UsersThreeFill from '~icons/ph/users-three-fill';
import WarningCircle from '~icons/ph/warning-circle-fill';
import X from '~icons/ph/x';

type Svg = (props: SVGAttributes<SVGSVGElement>) => ComponentChild;

/** An icon decorates words that are there for everybody, so it is hidden from assistive technology. */
function icon(Drawing: Svg, className = 'icon') {
  return () => <Drawing class={className} aria-hidden="true" />;
}

/** Points along the line of text, so it is mirrored in right-to-left scripts. */
const directional = 'icon icon-directional';

export const AcceptIcon = icon(Check);
export const AddIcon = icon(UserPlus);
export const BackIcon = icon(ArrowLeft, directional);
export const ChatsIcon = icon(ChatsCircle);
export const ChatsActiveIcon = icon(ChatsCircleFill);
export const CloseIcon = icon(X);
export const DarkIcon = icon(Moon);
export const DownIcon = icon(ArrowDown);
export const ErrorIcon = icon(WarningCircle);
export const FingerprintIcon = icon(Fingerprint);
export const HideIcon = icon(EyeSlash);
export const InfoIcon = icon(Info);
export const InstallIcon = icon(DownloadSimple);
export const LightIcon = icon(Sun);
export const LockIcon = icon(LockSimple);
export const LogOutIcon = icon(SignOut, directional);
export const MenuIcon = icon(DotsThreeVertical);
export const OfflineIcon = icon(CloudSlash);
export const PendingIcon = icon(Clock);
export const PeopleIcon = icon(UsersThree);
export const PeopleActiveIcon = icon(UsersThreeFill);
export const RequestsIcon = icon(UserPlus);
export const RequestsActiveIcon = icon(UserPlusFill);
export const RetryIcon = icon(ArrowsClockwise);
export const SearchIcon = icon(MagnifyingGlass);
export const SendIcon = icon(PaperPlaneRight, directional);
export const SettingsIcon = icon(GearSix);
export const SettingsActiveIcon = icon(GearSixFill);
export const ShowIcon = icon(Eye);
export const SidebarIcon = icon(SidebarSimple, directional);
export const SignInIcon = icon(LockKey);
export const SuccessIcon = icon(CheckCircle);
export const SystemIcon = icon(Monitor);
export const UnfriendIcon = icon(UserMinus);
