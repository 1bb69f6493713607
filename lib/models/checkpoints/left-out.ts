/**
 * What a file holds beside weights: numbers that follow from config.json (positions, the angles of RoPE), and, in some,
 * the tied last matrix a second time.
 */
export function isLeftOut(name: string, tied: boolean): boolean {
  return (
    /\.(position_ids|rotary_emb\.inv_freq)$/.test(name) || (tied && /^(language_model\.)?lm_head\.weight$/.test(name))
  );
}
