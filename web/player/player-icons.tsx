import type { ComponentChildren } from "preact";

/** Drawn on a 24 × 24 grid, filled; decoration, hidden from screen readers. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      {children}
    </svg>
  );
}

export const PlayIcon = () => (
  <Icon>
    <path d="M8 5.5v13l10.5-6.5z" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M7 5.5h3.5v13H7zM13.5 5.5H17v13h-3.5z" />
  </Icon>
);
export const AgainIcon = () => (
  <Icon>
    <path d="M12 5a7 7 0 1 0 7 7h-2.2A4.8 4.8 0 1 1 12 7.2V11l5-5-5-5z" />
  </Icon>
);
export const SoundIcon = () => (
  <Icon>
    <path d="M4 9.5v5h3.5L12 19V5L7.5 9.5zM14.5 8.2a5 5 0 0 1 0 7.6zM14.5 4.2v2.2a7 7 0 0 1 0 11.2v2.2a9 9 0 0 0 0-15.6z" />
  </Icon>
);
export const MutedIcon = () => (
  <Icon>
    <path d="M4 9.5v5h3.5L12 19V5L7.5 9.5zM21 9.6 19.4 8 17.2 10.3 15 8l-1.5 1.6 2.2 2.3-2.2 2.2L15 15.7l2.2-2.2 2.2 2.2 1.6-1.6-2.3-2.2z" />
  </Icon>
);
export const CaptionsIcon = () => (
  <Icon>
    <path d="M3.5 5h17v14h-17zm2 2v10h13V7zM7 12h4.5v1.8H7zm6 0h4v1.8h-4zM7 15h7v1.6H7z" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <path d="M10.6 3h2.8l.5 2.3 1.6.7 2-1.2 2 2-1.2 2 .7 1.6 2.3.5v2.8l-2.3.5-.7 1.6 1.2 2-2 2-2-1.2-1.6.7-.5 2.3h-2.8l-.5-2.3-1.6-.7-2 1.2-2-2 1.2-2-.7-1.6-2.3-.5v-2.8l2.3-.5.7-1.6-1.2-2 2-2 2 1.2 1.6-.7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z" />
  </Icon>
);
export const PictureIcon = () => (
  <Icon>
    <path d="M3.5 5h17v14h-17zm2 2v10h13V7zm6 4.5h6v4.5h-6z" />
  </Icon>
);
export const FullIcon = () => (
  <Icon>
    <path d="M5 5h5v2H7v3H5zM14 5h5v5h-2V7h-3zM5 14h2v3h3v2H5zM17 14h2v5h-5v-2h3z" />
  </Icon>
);
export const LeaveFullIcon = () => (
  <Icon>
    <path d="M8 5h2v5H5V8h3zM14 5h2v3h3v2h-5zM5 14h5v5H8v-3H5zM14 14h5v2h-3v3h-2z" />
  </Icon>
);
export const ScreenIcon = () => (
  <Icon>
    <path d="M3.5 5h17v13h-5v-2h3V7h-13v9h3v2h-5zM12 13.5l5 6.5H7z" />
  </Icon>
);
