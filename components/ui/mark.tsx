/** The mark of the course: a picture cut into patches, and sewn together. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 22 22" aria-hidden="true" focusable="false">
      <path fill="var(--patch)" d="M0 0h10v10H0zM17 6h5v5h-5z" />
      <path fill="var(--query)" d="M11 0h5v5h-5zM0 17h5v5H0z" />
      <path fill="var(--key)" d="M5.5 11h5v5h-5z" />
      <path fill="var(--token)" d="M12 12h10v10H12z" />
      <path fill="var(--value)" d="M11 6h5v5h-5z" opacity=".55" />
      <path fill="var(--patch)" d="M17 0h5v5h-5zM0 11h4.5v5H0zM6 17h5v5H6z" opacity=".35" />
    </svg>
  );
}
