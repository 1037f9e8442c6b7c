/** Facts of the device that a page can read and a worker cannot. */

/** Facts that only Chromium gives. */
type DeviceNavigator = Pick<Navigator, "userAgent" | "maxTouchPoints" | "hardwareConcurrency"> & {
  deviceMemory?: number;
  userAgentData?: { mobile: boolean };
};

/** In the shape of `DeviceFacts`. */
export function deviceFacts(browser: DeviceNavigator = navigator): {
  cores: number;
  memoryGiB: number | null;
  mobile: boolean;
} {
  return {
    cores: Math.max(1, browser.hardwareConcurrency || 1),
    memoryGiB: browser.deviceMemory ?? null,
    mobile: isMobile(browser),
  };
}

/** Phones and tablets. An iPad says that it is a Mac, and no Mac has a touch screen. */
function isMobile({ userAgent, userAgentData, maxTouchPoints }: DeviceNavigator): boolean {
  if (userAgentData?.mobile === true || /\b(Mobi|Android|iPhone|iPad|iPod)/.test(userAgent)) {
    return true;
  }
  return /\bMacintosh\b/.test(userAgent) && maxTouchPoints > 1;
}
