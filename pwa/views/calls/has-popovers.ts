/** The oldest browsers that the app runs in have none: there a card that rings lies in its place, and hints are only spoken. */
export const hasPopovers = 'showPopover' in HTMLElement.prototype;
