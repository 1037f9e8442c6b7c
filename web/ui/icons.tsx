import type { ComponentChildren } from "preact";

/** Drawn on a 24 × 24 grid in the colour of the text; decoration, hidden from screen readers. */
function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

/** Two streams that become one. */
export function LogoMark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <g stroke="currentColor" stroke-width="3.5" stroke-linecap="round">
        <path d="M4 7c9 0 9 9 17 9h7" />
        <path d="M4 16h10" opacity=".55" />
        <path d="M4 25c9 0 9-9 17-9" opacity=".8" />
      </g>
    </svg>
  );
}

export const UploadIcon = () => (
  <Icon size={36}>
    <path d="M12 15.5V4.5m0 0L7.5 9M12 4.5 16.5 9" />
    <path d="M4.5 15v2.5a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V15" />
  </Icon>
);
export const FilmIcon = () => (
  <Icon>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <path d="M8 5v14M16 5v14M3.5 9.5H8m8 0h4.5M3.5 14.5H8m8 0h4.5" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon size={18}>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
    <path d="M15.5 5.5a1 1 0 0 0-1-1h-8a2 2 0 0 0-2 2v8a1 1 0 0 0 1 1" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon size={18}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon size={18}>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon size={18}>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4z" />
    <path d="M12 10v4.5m0 2.4v.1" />
  </Icon>
);
export const InfoIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5m0-8.1V8" />
  </Icon>
);
export const OpenIcon = () => (
  <Icon size={18}>
    <path d="M13.5 4.5h6v6m0-6-9 9" />
    <path d="M17.5 14v4a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V8A1.5 1.5 0 0 1 6 6.5h4" />
  </Icon>
);
