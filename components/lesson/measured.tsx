/** A number of ours in prose: read at build from the file that a measurement wrote. */
export function Measured({ text, value, source }: { text: string; value: string; source: string }) {
  return (
    <data value={value} title={source}>
      {text}
    </data>
  );
}
