import type { ComponentChild, SVGAttributes } from 'preact';
import ArrowLeft from '~icons/ph/arrow-left';
import ArrowsClockwise from '~icons/ph/arrows-clockwise';
import ChatsCircle from '~icons/ph/chats-circle';
import ChatsCircleFill from '~icons/ph/chats-circle-fill';
import CheckCircle from '~icons/ph/check-circle-fill';
import CloudSlash from '~icons/ph/cloud-slash';
import GearSix from '~icons/ph/gear-six';
import GearSixFill from '~icons/ph/gear-six-fill';
import Info from '~icons/ph/info-fill';
import LockKey from '~icons/ph/lock-key';
import MagnifyingGlass from '~icons/ph/magnifying-glass';
import Phone from '~icons/ph/phone';
import PhoneFill from '~icons/ph/phone-fill';
import Prohibit from '~icons/ph/prohibit';
import SealCheck from '~icons/ph/seal-check-fill';
import ShieldWarning from '~icons/ph/shield-warning-fill';
import SidebarSimple from '~icons/ph/sidebar-simple';
import UserPlus from '~icons/ph/user-plus';
import UserPlusFill from '~icons/ph/user-plus-fill';
import UsersThree from '~icons/ph/users-three';
import UsersThreeFill from '~icons/ph/users-three-fill';
import WarningCircle from '~icons/ph/warning-circle-fill';
import X from '~icons/ph/x';

type Svg = (props: SVGAttributes<SVGSVGElement>) => ComponentChild;

/** An icon decorates words that are there for everybody, so it is hidden from assistive technology. */
export function icon(Drawing: Svg, className = 'icon') {
  return () => <Drawing class={className} aria-hidden="true" />;
}

/** Points along the line of text, so it is mirrored in right-to-left scripts. */
export const directional = 'icon icon-directional';

/** Those of the first screen; the others are in more-icons.tsx, which is loaded with the views that show them. */
export const AddIcon = icon(UserPlus);
export const BackIcon = icon(ArrowLeft, directional);
export const BlockedIcon = icon(Prohibit);
export const CallsIcon = icon(Phone);
export const CallsActiveIcon = icon(PhoneFill);
export const ChatsIcon = icon(ChatsCircle);
export const ChatsActiveIcon = icon(ChatsCircleFill);
export const CloseIcon = icon(X);
export const ErrorIcon = icon(WarningCircle);
export const InfoIcon = icon(Info);
export const OfflineIcon = icon(CloudSlash);
export const PeopleIcon = icon(UsersThree);
export const PeopleActiveIcon = icon(UsersThreeFill);
export const RequestsIcon = icon(UserPlus);
export const RequestsActiveIcon = icon(UserPlusFill);
export const RetryIcon = icon(ArrowsClockwise);
export const SearchIcon = icon(MagnifyingGlass);
export const SettingsIcon = icon(GearSix);
export const SettingsActiveIcon = icon(GearSixFill);
export const SidebarIcon = icon(SidebarSimple, directional);
export const SignInIcon = icon(LockKey);
export const SuccessIcon = icon(CheckCircle);
export const VerifiedIcon = icon(SealCheck);
export const WarningIcon = icon(ShieldWarning);
