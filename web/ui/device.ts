/** Reads facts of the device that a page can read and a worker cannot. */

/** The navigator with optional fields that only Chromium has. */
type DeviceNavigator = Pick<Navigator, "userAgent" | "maxTouchPoints" | "hardwareConcurrency"> & {
  deviceMemory?: number;
  userAgentData?: { mobile: boolean };
};

/** Facts of the device, in the shape of `DeviceFacts`. */
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

/** Whether the device is a phone or tablet. iPads claim to be Macs, but no Mac has a touch screen. */
function isMobile({ userAgent, userAgentData, maxTouchPoints }: DeviceNavigator): boolean {
  if (userAgentData?.mobile === true || /\b(Mobi|Android|iPhone|iPad|iPod)/.test(userAgent)) {
    return true;
  }
  return /\bMacintosh\b/.test(userAgent) && maxTouchPoints > 1;
}
